import {type ReadText, statusField} from './files.js'

/** CPU part, of implementer 0x41 (Arm); the kernel tells no names. */
const armParts: Readonly<Record<string, string>> = {
  '0xd03': 'Cortex-A53',
  '0xd08': 'Cortex-A72',
  '0xd0b': 'Cortex-A76',
  '0xd0c': 'Neoverse-N1',
  '0xd40': 'Neoverse-V1',
  '0xd49': 'Neoverse-N2',
  '0xd4f': 'Neoverse-V2',
}

function cpuinfoField(read: ReadText, name: string): string | undefined {
  return new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(read('/proc/cpuinfo') ?? '')?.[1]
}

function model(read: ReadText): string {
  const [named, implementer, part] = ['model name', 'CPU implementer', 'CPU part'].map(name => cpuinfoField(read, name))
  if (named !== undefined) return named
  if (implementer === undefined || part === undefined) return 'unknown'
  return (implementer === '0x41' && armParts[part]) || `CPU implementer ${implementer}, part ${part}`
}

/** How many numbers "0-3,8" has. */
function listLength(list: string): number {
  return list.split(',').reduce((sum, range) => {
    const [first, last = first] = range.split('-').map(Number) as [number, number?]
    return sum + last - first + 1
  }, 0)
}

/** What runs here; the count is of the processors that this process may use. */
export function processor(read: ReadText): {model: string; count: number; governor: string | null} {
  return {
    model: model(read),
    count: listLength(statusField(read, 'Cpus_allowed_list') ?? '0'),
    governor: read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor') ?? null,
  }
}

/** By the flag that every hypervisor sets; only x86 has it. */
export function runsUnderHypervisor(read: ReadText): boolean {
  return cpuinfoField(read, 'flags')?.split(' ').includes('hypervisor') ?? false
}
