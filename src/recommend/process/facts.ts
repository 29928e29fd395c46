import {readFileSync} from 'node:fs'
import {type Advice, UsageError} from '../../errors.js'
import {capabilitiesIn, describeCapabilities} from '../../plan/capability-names.js'
import {noProc} from '../../plan/proc.js'

/** What fork would have to copy of a live process, and how many threads it would leave behind. */
export interface ProcessFacts {
  readonly pid: number
  readonly name: string
  readonly threads: number
  /** Resident in all. */
  readonly residentBytes: number
  /** Page-table entries to copy: pages, in memory or swapped out, of the mappings that fork copies; huge ones apart. */
  readonly copiedBytes: number
  /** The same, of pages that are huge: one entry each. */
  readonly copiedHugeBytes: number
  /** Kept from fork by madvise(MADV_DONTFORK) or MADV_WIPEONFORK. */
  readonly keptBytes: number
  readonly mappings: number
}

interface Mapping {
  readonly fields: Readonly<Record<string, number>>
  readonly flags: readonly string[]
}

const bytesPerKiB = 1024
const notCopied = 'dc'
const wiped = 'wf'
const CAP_SYS_PTRACE = 19

function read(root: string, pid: number, name: string): string {
  try {
    return readFileSync(`${root}/${pid}/${name}`, 'utf8')
  } catch (error) {
    throw refusal(root, pid, (error as NodeJS.ErrnoException).code ?? '')
  }
}

/** What /proc/PID/status says, which anybody may read. */
function statusField(root: string, pid: number | 'self', name: string): string {
  try {
    return new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(readFileSync(`${root}/${pid}/status`, 'utf8'))?.[1] ?? ''
  } catch {
    return ''
  }
}

function heldBy(root: string, pid: number | 'self'): readonly number[] {
  return capabilitiesIn(statusField(root, pid, 'CapPrm') || '0')
}

function isOwn(root: string, pid: number): boolean {
  return statusField(root, pid, 'Uid').split(/\s+/)[0] === statusField(root, 'self', 'Uid').split(/\s+/)[0]
}

/** Its own user, too, must have every capability that it has (ptrace(2), access mode PTRACE_MODE_READ). */
function adviseAccess(root: string, pid: number): Advice {
  const own = heldBy(root, 'self')
  const lacking = heldBy(root, pid).filter(capability => !own.includes(capability))
  const isRoot = process.geteuid?.() === 0
  if (!isRoot && !isOwn(root, pid))
    return {
      why: 'only its own user and root may (ptrace(2), access mode PTRACE_MODE_READ)',
      next: `run it as that user, or as root; id -un; ps -o user= -p ${pid}`,
    }
  const hasPtrace = own.includes(CAP_SYS_PTRACE)
  const ptrace = hasPtrace
    ? 'CAP_SYS_PTRACE would do, and this process has it; so something else forbids it, a security module (Landlock, SELinux)'
    : 'CAP_SYS_PTRACE is needed'
  const compare = `grep Cap /proc/${pid}/status /proc/self/status`
  const get = isRoot ? 'in a container: --cap-add SYS_PTRACE' : 'sudo'
  return {
    why:
      lacking.length > 0
        ? `it has capabilities that this process lacks (${describeCapabilities(lacking)}): ${ptrace}`
        : `it is of another user, or does not let itself be looked at (PR_SET_DUMPABLE): ${ptrace}`,
    next: hasPtrace ? compare : `${get}; ${compare}`,
  }
}

function refusal(root: string, pid: number, code: string): UsageError {
  if (statusField(root, 'self', 'Pid') === '')
    return new UsageError(`--pid ${pid}: nothing can be seen of it`, noProc('or not the one of this pid namespace'))
  if (code === 'ENOENT' || code === 'ESRCH')
    return new UsageError(`--pid ${pid}: there is no such process`, {
      why: 'it has ended, or the number is of another pid namespace',
      next: 'ps -e; pgrep NAME',
    })
  return new UsageError(`--pid ${pid}: its memory may not be looked at (${code})`, adviseAccess(root, pid))
}

/** The mappings of a smaps file: each begins with its range of addresses. */
function readMappings(smaps: string): readonly Mapping[] {
  return smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).flatMap(text => {
    if (text.trim() === '') return []
    const sizes = [...text.matchAll(/^(\w+): +(\d+) kB$/gm)]
    const fields = Object.fromEntries(sizes.map(([, name, size]) => [name as string, Number(size) * bytesPerKiB]))
    const flags = /^VmFlags: (.*)$/m.exec(text)?.[1]?.trim().split(' ') ?? []
    return [{fields, flags}]
  })
}

/**
 * Whether fork copies its page tables: only where it holds pages of its own. What is merely a file's or shared comes
 * back by page faults (kernel, mm/memory.c, vma_needs_copy).
 */
function isCopied({fields, flags}: Mapping): boolean {
  const {Anonymous = 0, Swap = 0, AnonHugePages = 0, Private_Hugetlb = 0} = fields
  return !isKept({fields, flags}) && Anonymous + Swap + AnonHugePages + Private_Hugetlb > 0
}

function isKept({flags}: Mapping): boolean {
  return flags.includes(notCopied) || flags.includes(wiped)
}

function total(mappings: readonly Mapping[], ...names: readonly string[]): number {
  return mappings.reduce((sum, {fields}) => sum + names.reduce((part, name) => part + (fields[name] ?? 0), 0), 0)
}

/**
 * @param root where proc is mounted
 * @throws {UsageError} there is no such process, it has no memory of its own, or it may not be looked at
 */
export function processFacts(pid: number, root = '/proc'): ProcessFacts {
  const status = read(root, pid, 'status')
  const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1]
  const mappings = readMappings(read(root, pid, 'smaps'))
  if (mappings.length === 0)
    throw new UsageError(`--pid ${pid}: it has no memory of its own`, {
      why: 'it is a thread of the kernel, or a process that has ended and waits to be reaped',
      next: `ps -o stat,comm -p ${pid}`,
    })
  const copied = mappings.filter(isCopied)
  const copiedHugeBytes = total(copied, 'AnonHugePages', 'Private_Hugetlb')
  return {
    pid,
    name: field('Name') ?? '',
    threads: Number(field('Threads')),
    residentBytes: total(mappings, 'Rss', 'Private_Hugetlb'),
    copiedBytes: total(copied, 'Rss', 'Swap') - total(copied, 'AnonHugePages'),
    copiedHugeBytes,
    keptBytes: total(mappings.filter(isKept), 'Rss', 'Private_Hugetlb'),
    mappings: mappings.length,
  }
}
