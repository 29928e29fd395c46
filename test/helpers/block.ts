/** Sizes and offsets of the script block by C name, "script_header.argv"; from C, or written down. */
export type BlockLayout = Readonly<Record<string, number>>

interface DecodedStep {
  nr: number
  /** A number, a text of the block (where the argument is an offset to relocate), or the slot whose value it is. */
  args: (bigint | {bytes: Uint8Array} | {slot: bigint})[]
  /** Whether the result must be the caller's pid. */
  expectCaller: boolean
  saveSlot: number
  forgive: number[]
}

/** Reads a block as the core does, by the layout that is given. */
export function decodeBlock(image: Uint8Array, layout: BlockLayout) {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  const at = (name: string): number => {
    const offset = layout[name]
    if (offset === undefined) throw new Error(`the layout has no ${name}`)
    return offset
  }
  const header = (field: string) => view.getUint32(at(`script_header.${field}`), true)
  const text = (offset: number) => image.subarray(offset, image.indexOf(0, offset))
  const table = <T>(field: string, count: string, bytes: number, read: (start: number) => T): T[] =>
    Array.from({length: header(count)}, (_, i) => read(header(field) + i * bytes))
  const texts = (field: string, count: string) =>
    table(field, count, 8, start => Buffer.from(text(Number(view.getBigUint64(start, true)))).toString('latin1'))
  /** The word after the last one, which must be zero. */
  const terminator = (field: string, count: string) => view.getBigUint64(header(field) + header(count) * 8, true)

  const step = (start: number): DecodedStep => {
    const bit = (field: string, i: number) => (view.getUint8(start + at(`step.${field}`)) >> i) & 1
    return {
      nr: view.getInt32(start + at('step.nr'), true),
      args: Array.from({length: 6}, (_, i) => {
        const value = view.getBigUint64(start + at('step.args') + i * 8, true)
        if (bit('relocate', i)) return {bytes: image.subarray(Number(value))}
        return bit('from_slot', i) ? {slot: value} : value
      }),
      expectCaller: bit('relocate', 6) === 1,
      saveSlot: view.getInt16(start + at('step.save_slot'), true),
      forgive: [0, 4].map(i => view.getInt32(start + at('step.forgive') + i, true)).filter(errno => errno !== 0),
    }
  }
  const action = (start: number) => {
    const path = view.getUint32(start + at('spawn_action.path'), true)
    return {
      kind: view.getUint32(start + at('spawn_action.kind'), true),
      fd: view.getInt32(start + at('spawn_action.fd'), true),
      target: view.getInt32(start + at('spawn_action.target'), true),
      path: path === 0 ? undefined : Buffer.from(text(path)).toString(),
    }
  }
  return {
    magic: header('magic'),
    layout: header('layout'),
    totalBytes: header('total_bytes'),
    method: header('method'),
    traits: header('traits'),
    fdFloor: header('fd_floor'),
    steps: table('steps', 'step_count', at('sizeof step'), step),
    slotCount: header('slot_count'),
    argv: texts('argv', 'argc'),
    envp: texts('envp', 'envc'),
    candidates: texts('candidates', 'candidate_count'),
    terminators: [terminator('argv', 'argc'), terminator('envp', 'envc'), terminator('candidates', 'candidate_count')],
    /** The spare word before argv, for the shell. */
    beforeArgv: view.getBigUint64(header('argv') - 8, true),
    shell: Buffer.from(text(header('shell'))).toString(),
    actions: table('actions', 'action_count', at('sizeof spawn_action'), action),
    sentFds: table('sent_fds', 'sent_fd_count', 4, start => view.getInt32(start, true)),
    cloneFlags: view.getBigUint64(at('script_header.clone_flags'), true),
    /** Where a word holds an offset, and that offset. */
    relocations: table('relocations', 'relocation_count', 4, start => {
      const word = view.getUint32(start, true)
      return {word, offset: Number(view.getBigUint64(word, true))}
    }),
    cgroupFd: view.getInt32(at('script_header.cgroup_fd'), true),
    cgroupStep: header('cgroup_step'),
    zygoteSocket: view.getInt32(at('script_header.zygote_socket'), true),
    attributes: {
      setsid: header('attributes.setsid'),
      setpgroup: header('attributes.setpgroup'),
      sigmask: view.getBigUint64(at('script_header.attributes.sigmask'), true),
      sigdefault: view.getBigUint64(at('script_header.attributes.sigdefault'), true),
      schedPolicy: view.getInt32(at('script_header.attributes.sched_policy'), true),
      schedPriority: view.getInt32(at('script_header.attributes.sched_priority'), true),
    },
  }
}

/** src/native/block.h as it was when this was written; test/native/child-contract holds it against the compiler. */
export const writtenLayout: BlockLayout = {
  'sizeof step': 64,
  'sizeof spawn_action': 16,
  'sizeof script_header': 168,
  'sizeof spawn_attributes': 32,
  'step.nr': 0,
  'step.relocate': 4,
  'step.from_slot': 5,
  'step.save_slot': 6,
  'step.forgive': 8,
  'step.args': 16,
  'spawn_action.kind': 0,
  'spawn_action.fd': 4,
  'spawn_action.target': 8,
  'spawn_action.path': 12,
  'script_header.magic': 0,
  'script_header.layout': 4,
  'script_header.total_bytes': 8,
  'script_header.method': 12,
  'script_header.traits': 16,
  'script_header.fd_floor': 20,
  'script_header.steps': 24,
  'script_header.step_count': 28,
  'script_header.slots': 32,
  'script_header.slot_count': 36,
  'script_header.argv': 40,
  'script_header.argc': 44,
  'script_header.envp': 48,
  'script_header.envc': 52,
  'script_header.candidates': 56,
  'script_header.candidate_count': 60,
  'script_header.shell': 64,
  'script_header.actions': 68,
  'script_header.action_count': 72,
  'script_header.sent_fds': 76,
  'script_header.sent_fd_count': 80,
  'script_header.zygote_socket': 84,
  'script_header.attributes.setsid': 88,
  'script_header.attributes.setpgroup': 92,
  'script_header.attributes.sigmask': 96,
  'script_header.attributes.sigdefault': 104,
  'script_header.attributes.sched_policy': 112,
  'script_header.attributes.sched_priority': 116,
  'script_header.clone_flags': 120,
  'script_header.relocations': 128,
  'script_header.relocation_count': 132,
  'script_header.cgroup_fd': 136,
  'script_header.cgroup_step': 140,
  'script_header.report': 144,
  'script_header.stamps': 160,
  'script_header.child_pid': 164,
}
