import {release} from 'node:os'
import {readText} from '../methods/read-text.js'

/** The text of a file of /proc or /sys, without the newline at its end; undefined where it cannot be read. */
export function read(path: string): string | undefined {
  return readText(path)?.trimEnd()
}

/** "kernel.pid_max"; undefined where this kernel does not have it. */
export function sysctl(name: string): string | undefined {
  return read(`/proc/sys/${name.replaceAll('.', '/')}`)
}

/** A line of /proc/self/status. */
export function status(field: string): string | undefined {
  return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(read('/proc/self/status') ?? '')?.[1]
}

/** Whether this kernel is of that version, "5.9", or later. */
export function kernelHas(version: string): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number.parseFloat)
  const [wantedMajor = 0, wantedMinor = 0] = version.split('.').map(Number)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

/** Whether a seccomp filter stands between this process and the kernel. */
export function isFiltered(): boolean {
  return status('Seccomp') === '2'
}
