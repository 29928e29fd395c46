import {randomUUID} from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {constants as os} from 'node:os'
import {dirname, join, resolve} from 'node:path'
import {UsageError} from '../errors.js'
import {describeCause} from '../methods/diagnosis/errno.js'

/** The file behind links, or where a new one will be. */
function place(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

/** What is written until it is whole; a device or a pipe is written to as it is. */
function makeDraft(target: string): string {
  const stat = statSync(target, {throwIfNoEntry: false})
  if (stat?.isDirectory()) throw Object.assign(new Error(), {errno: -os.errno.EISDIR})
  if (stat !== undefined) accessSync(target, constants.W_OK)
  if (stat !== undefined && !stat.isFile()) return target
  const draft = join(dirname(target), `.spawnctl-${randomUUID()}`)
  closeSync(openSync(draft, 'wx', 0o666))
  return draft
}

function refusal(option: string, path: string, cause: unknown): UsageError {
  const {name, text} = describeCause(cause)
  return new UsageError(`--${option} ${path}: ${text} (${name})`, {
    why: 'it is tried before anything is measured, so that no measurement is lost',
    next: `--${option} ${join('~', `bench.${option.replace('export-', '')}`)}, or another file that can be written`,
  })
}

/**
 * A file that shall be written after minutes of measuring: made at once beside its place, so that what cannot be written
 * is refused in time, and put there only when it is whole. What was there before stays until then.
 */
export class ExportFile {
  private constructor(
    private readonly target: string,
    private readonly draft: string,
  ) {}

  /** @throws {UsageError} */
  static open(option: string, path: string): ExportFile {
    const target = place(path)
    try {
      return new ExportFile(target, makeDraft(target))
    } catch (cause) {
      throw refusal(option, path, cause)
    }
  }

  write(text: string): void {
    writeFileSync(this.draft, text)
    if (this.draft !== this.target) renameSync(this.draft, this.target)
  }

  /** After write it does nothing. */
  discard(): void {
    if (this.draft !== this.target) rmSync(this.draft, {force: true})
  }
}
