import {readFileSync} from 'node:fs'
import * as v from 'valibot'
import {SpawnctlError} from '../errors.js'
import {type BenchResult, schema} from './result.js'
import {resultSchema} from './result-schema.js'

const next = 'spawnctl bench --export-json FILE writes such a file'

function unreadable(file: string, error: unknown): SpawnctlError {
  const {code = ''} = error as NodeJS.ErrnoException
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'you may not read it',
    EISDIR: 'it is a directory',
  }
  return new SpawnctlError('E_BENCH_FILE', `cannot read ${file}`, {
    why: reasons[code] ?? (error as Error).message,
    next,
  })
}

function otherContent(file: string, why: string): SpawnctlError {
  return new SpawnctlError('E_BENCH_FILE', `${file} holds no result of spawnctl bench`, {why, next})
}

/** The first of the issues is enough: they are rarely of different kinds. */
function describe([issue, ...others]: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
  const more = others.length === 0 ? '' : `, and ${others.length} more like it`
  return `${v.getDotPath(issue) ?? 'the whole'}: expected ${issue.expected}, found ${issue.received}${more}`
}

/** Blocks cannot be told apart where the numbers of samples contradict each other. */
function checkSizes(file: string, {results}: BenchResult): void {
  for (const {row, iterations, blockSizes, samplesNs} of results) {
    const counts = [blockSizes.reduce((sum, size) => sum + size, 0)]
    if (samplesNs !== undefined) counts.push(samplesNs.callerBlocked.length, samplesNs.spawnToExit.length)
    if (counts.some(count => count !== iterations))
      throw otherContent(
        file,
        `the row ${row} has ${iterations} iterations, and blocks or samples of ${counts.join(', ')}`,
      )
  }
}

/**
 * A result as `--export-json` wrote it; docs/bench-json.md.
 * @throws {SpawnctlError} E_BENCH_FILE: it cannot be read, is no JSON, is of another version, or lacks something
 */
export function readResult(file: string): BenchResult {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw unreadable(file, error)
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw otherContent(file, `it is not JSON: ${(error as Error).message}`)
  }
  const version = (content as {schema?: unknown} | null)?.schema
  if (typeof version === 'string' && version !== schema)
    throw otherContent(file, `its schema is "${version}", and this spawnctl knows "${schema}"`)
  const parsed = v.safeParse(resultSchema, content)
  if (!parsed.success) throw otherContent(file, describe(parsed.issues))
  checkSizes(file, parsed.output)
  return parsed.output
}
