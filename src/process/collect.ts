import {getSystemErrorName} from 'node:util'
import type {Child} from './child.js'

export type Text = string | Buffer
export type Callback = (error: Error | null, stdout: Text, stderr: Text) => void

/** The options of execFile that are about output and limits. */
export interface Limits {
  readonly encoding?: string | null | undefined
  /** Bytes of each stream. */
  readonly maxBuffer: number
  /** Milliseconds; 0 is none. */
  readonly timeout: number
  readonly killSignal: NodeJS.Signals | number
}

/** What arrives in one of the two streams, as far as there is room. */
class Collected {
  private readonly chunks: Text[] = []
  private length = 0

  constructor(
    private readonly stream: NodeJS.ReadableStream & {readableEncoding?: BufferEncoding | null; destroy(): void},
    private readonly encoding: BufferEncoding | null,
    private readonly most: number,
    private readonly overflow: () => void,
  ) {
    if (encoding !== null) stream.setEncoding(encoding)
    stream.on('data', (chunk: Text) => this.take(chunk))
  }

  private take(chunk: Text): void {
    const encoding = this.stream.readableEncoding
    const before = this.length
    this.length += typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding ?? undefined) : chunk.length
    if (this.length <= this.most) {
      this.chunks.push(chunk)
      return
    }
    this.chunks.push(chunk.slice(0, this.most - before))
    this.overflow()
  }

  get text(): Text {
    if (this.encoding !== null || this.stream.readableEncoding) return this.chunks.join('')
    return Buffer.concat(this.chunks as Buffer[])
  }

  destroy(): void {
    this.stream.destroy()
  }
}

function tooMuch(stream: string): Error {
  const error = new RangeError(`${stream} maxBuffer length exceeded`)
  return Object.assign(error, {code: 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER'})
}

/** What execFile does between the child's start and the one call of its callback. */
export function collect(child: Child, command: string, options: Limits, callback: Callback | undefined): void {
  const encoding = Buffer.isEncoding(options.encoding as string) ? (options.encoding as BufferEncoding) : null
  let failure: Error | undefined
  let killed = false
  let told = false
  const read = (name: 'stdout' | 'stderr') => {
    const stream = child[name]
    if (stream === null || stream === undefined) return undefined
    return new Collected(stream, encoding, options.maxBuffer, () => {
      failure = tooMuch(name)
      kill()
    })
  }
  const streams = {stdout: read('stdout'), stderr: read('stderr')}
  const timer = options.timeout > 0 ? setTimeout(() => kill(), options.timeout) : undefined

  function tell(code?: number | null, signal?: string | null): void {
    if (told) return
    told = true
    clearTimeout(timer)
    if (callback === undefined) return
    const [stdout, stderr] = [streams.stdout?.text ?? '', streams.stderr?.text ?? '']
    if (failure === undefined && code === 0 && signal === null) {
      callback(null, stdout, stderr)
      return
    }
    failure ??= Object.assign(new Error(`Command failed: ${command}\n${stderr}`), {
      code: typeof code === 'number' && code < 0 ? getSystemErrorName(code) : code,
      killed: child.killed || killed,
      signal,
    })
    callback(Object.assign(failure, {cmd: command}), stdout, stderr)
  }

  function fail(error: Error): void {
    failure = error
    streams.stdout?.destroy()
    streams.stderr?.destroy()
    tell()
  }

  function kill(): void {
    streams.stdout?.destroy()
    streams.stderr?.destroy()
    killed = true
    try {
      child.kill(options.killSignal)
    } catch (error) {
      failure = error as Error
      tell()
    }
  }

  child.addListener('close', tell)
  child.addListener('error', fail)
}
