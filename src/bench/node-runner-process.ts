// What node-runner.ts starts. It speaks the protocol of src/native/bench.h, and ends at the end of its standard input.
import {createInterface} from 'node:readline'
import {carryBuffers} from './node-ballast.js'
import {runNodeRow} from './node-rows.js'
import type {NodeRunnerRequest} from './node-runner.js'

const {path, args, nodeOptions}: NodeRunnerRequest = JSON.parse(process.argv[2] as string)
if (nodeOptions !== undefined) process.env.NODE_OPTIONS = nodeOptions

function failed(word: 'carry' | 'spawn', error: unknown): string[] {
  return [`error ${word} ${(error as Error).message.replaceAll('\n', ' ')}`]
}

async function answer(line: string): Promise<string[]> {
  const [, bytes] = /^carry (\d+) 0 \w+ 0 0$/.exec(line) ?? []
  if (bytes !== undefined)
    return carryBuffers(Number(bytes)).then(
      () => ['carried'],
      error => failed('carry', error),
    )
  const [, row, count] = /^run (.+) (\d+)$/.exec(line) ?? []
  if (row === undefined) return [`error "${line}" is no command`]
  return runNodeRow(row, Number(count), path, args).catch(error => failed('spawn', error))
}

process.stdout.write('ready 1\n')
for await (const line of createInterface({input: process.stdin}))
  process.stdout.write(`${(await answer(line)).join('\n')}\n`)
