import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {probeSyscallNumbers} from '../../src/doctor/syscalls.js'
import {type Arch, callerSyscallNumbers, syscallNumbers} from '../../src/plan/syscalls.js'
import {preprocess} from '../helpers/fixture.js'

type Numbers = Readonly<Record<string, number>>

const tables: readonly {table: string; arch: Arch; numbers: Numbers}[] = (['x64', 'arm64'] as const).flatMap(arch => [
  {table: 'syscallNumbers', arch, numbers: syscallNumbers[arch]},
  {table: 'callerSyscallNumbers', arch, numbers: callerSyscallNumbers[arch]},
  {table: 'probeSyscallNumbers', arch, numbers: probeSyscallNumbers[arch]},
])

/** asm-generic/unistd.h is the table of arm64, once the older calls that arm64 has are asked for. */
const arm64Header = `
#define __BITS_PER_LONG 64
#define __ARCH_WANT_RENAMEAT
#define __ARCH_WANT_NEW_STAT
#define __ARCH_WANT_SET_GET_RLIMIT
#define __ARCH_WANT_TIME32_SYSCALLS
#define __ARCH_WANT_SYS_CLONE3
#define __ARCH_WANT_MEMFD_SECRET
#include <asm-generic/unistd.h>
`
const headers: Readonly<Record<Arch, string>> = {
  x64: process.arch === 'x64' ? '#include <sys/syscall.h>\n' : '#include <asm/unistd_64.h>\n',
  arm64: arm64Header,
}

/** What this machine's headers say; a name that they do not know stays a name. */
function headerNumbers(arch: Arch, names: readonly string[]): Numbers {
  const text = preprocess(headers[arch] + names.map(name => `"${name}" = __NR_${name};\n`).join(''))
  return Object.fromEntries(
    Array.from(text.matchAll(/"(\w+)" = (\d+);/g), ([, name, number]) => [name, Number(number)]),
  )
}

describe.each(tables)('$table for $arch', ({arch, numbers}) => {
  const reason = ' # needs the headers of x86_64, or of the machine it runs on'
  it.skipIf(arch === 'x64' && process.arch !== 'x64')(`has the numbers of the kernel’s headers${reason}`, () => {
    expect(numbers).toEqual(headerNumbers(arch, Object.keys(numbers)))
  })
})

describe('callerSyscallNumbers', () => {
  it.each(['x64', 'arm64'] as const)('has every call that the core may blame, for %s', arch => {
    const sources = readdirSync('src/native').filter(name => name.endsWith('.c'))
    const blamed = sources.flatMap(name =>
      Array.from(
        readFileSync(join('src/native', name), 'utf8').matchAll(/STAGE_(?:PREPARE|CREATE)[^;]*?__NR_(\w+)/gs),
        ([, call]) => call as string,
      ),
    )
    expect(blamed.length).toBeGreaterThan(10)
    expect([...new Set(blamed)].filter(call => !(call in callerSyscallNumbers[arch]))).toEqual([])
  })
})
