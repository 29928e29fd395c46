import type {ScriptCall, Slot} from '../../src/plan/script.js'
import type {SpawnAction} from '../../src/plan/spawn-actions.js'

/** A process's descriptors as the kernel has them: what is open at a number, and whether execve closes it. */
export type DescriptorTable = Map<number, {file: string; closeOnExec: boolean}>

const F_DUPFD_CLOEXEC = 1030
const F_SETFD = 2

export function tableOf(files: Readonly<Record<number, string>>, closeOnExec = false): DescriptorTable {
  return new Map(Object.entries(files).map(([fd, file]) => [Number(fd), {file, closeOnExec}]))
}

/** What is left after execve. */
export function afterExec(table: DescriptorTable): Readonly<Record<number, string>> {
  return Object.fromEntries([...table].filter(([, {closeOnExec}]) => !closeOnExec).map(([fd, {file}]) => [fd, file]))
}

function lowestFree(table: DescriptorTable, from: number): number {
  let fd = from
  while (table.has(fd)) fd++
  return fd
}

/** Runs the descriptor calls of a script on a table, strictly: what would fail in the kernel throws. */
export function runCalls(table: DescriptorTable, calls: readonly ScriptCall[], slots: number[] = []): void {
  for (const {name, args, save, forgive} of calls) {
    const [a, b, c] = args.map(arg => (typeof arg === 'object' ? slots[(arg as Slot).slot] : Number(arg))) as number[]
    const open = table.get(a as number)
    const bad = () => {
      if (!forgive.includes(9)) throw new Error(`${name}(${a}, …) fails with EBADF`)
    }
    switch (name) {
      case 'fcntl':
        if (open === undefined) bad()
        else if (b === F_SETFD) open.closeOnExec = c === 1
        else if (b === F_DUPFD_CLOEXEC) {
          const fd = lowestFree(table, c as number)
          table.set(fd, {file: open.file, closeOnExec: true})
          if (save !== undefined) slots[save.slot] = fd
        } else throw new Error(`fcntl ${b} is not known here`)
        break
      case 'dup3':
        if (a === b) throw new Error('dup3 of a number onto itself fails with EINVAL')
        if (open === undefined) bad()
        else table.set(b as number, {file: open.file, closeOnExec: c !== 0})
        break
      case 'close':
        if (!table.delete(a as number)) bad()
        break
      case 'close_range':
        if ((a as number) > (b as number)) throw new Error('close_range of nothing fails with EINVAL')
        for (const [fd, entry] of table) if (fd >= (a as number) && fd <= (b as number)) entry.closeOnExec = true
        break
      default: // no business of descriptors
    }
  }
}

/** The same for posix_spawn's file actions: dup2, close, closefrom. */
export function runActions(table: DescriptorTable, actions: readonly SpawnAction[]): void {
  for (const {kind, fd, target} of actions) {
    const open = table.get(fd)
    if (kind === 1 && open === undefined) throw new Error(`dup2(${fd}, ${target}) fails with EBADF`)
    if (kind === 1) table.set(target, {file: (open as {file: string}).file, closeOnExec: false})
    if (kind === 2) table.delete(fd)
    if (kind === 4) for (const number of [...table.keys()]) if (number >= fd) table.delete(number)
  }
}
