import type {ChildProcess} from 'node:child_process'

/** What a child did until its streams were closed. */
export interface Ended {
  readonly events: readonly string[]
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
  readonly signal: string | null
  readonly error: Error | undefined
}

/** Waits for "close"; for "error" too, where nothing ran and there are no streams. */
export function ended(child: ChildProcess): Promise<Ended> {
  const events: string[] = []
  const output = {stdout: '', stderr: ''}
  let error: Error | undefined
  for (const name of ['spawn', 'error', 'exit', 'close']) child.on(name, () => events.push(name))
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  child.on('error', failure => {
    error = failure
  })
  return new Promise(resolve => {
    child.on('close', (code, signal) => resolve({events, ...output, code, signal, error}))
  })
}
