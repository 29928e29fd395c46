import {callersEnvironment} from './environment.js'
import {mostBytes, Room} from './room.js'
import {aligned, type Pool, type ScriptCall} from './script.js'
import type {SpawnAction, SpawnAttributes} from './spawn-actions.js'
import {stampBytes, stampsAt} from './stamps.js'
import type {Text} from './text.js'

/** The layout of src/native/block.h; a change there is a change here and a new number. */
const layout = 5
const magic = 0x4e575053
const headerBytes = 168
const stepBytes = 64
const expectsCaller = 1 << 6
const actionBytes = 16
/** src/native/block.h, TRAIT_… */
const traits = {changesCredentials: 1, sameView: 2, callersEnvironment: 4, secondProcess: 8} as const
const wordRange = 2 ** 32

/** What of a call goes into the block. */
type EncodedCall = Pick<ScriptCall, 'nr' | 'args' | 'save' | 'forgive' | 'expectCaller'>

/** What the child does, whatever program it is to become. */
export interface ScriptContent {
  methodNumber: number
  changesCredentials: boolean
  sameView: boolean
  fdFloor: number
  calls: readonly EncodedCall[]
  slotCount: number
  pool: Pool
  actions: readonly SpawnAction[]
  attributes: SpawnAttributes
  sentFds: readonly number[]
  zygoteSocket: number
  /** CLONE_NEW…, for the call that creates the child. */
  cloneFlags: number
  /** An open directory of cgroup v2, or -1; and the index of the call that enters it otherwise. */
  cgroupFd: number
  cgroupStep: number
  /** Whether there is to be room for stamps. */
  stamped: boolean
}

/** Everything the core needs for one spawn. */
export interface BlockContent extends ScriptContent {
  argv: readonly Text[]
  env: readonly Text[]
  candidates: readonly Text[]
}

/** Where the header has its words, beyond those that stand at the index of their field. */
const totalBytesAt = 8
const argvAt = 40

/** The first part of a block: header, steps, slots, actions, descriptors, and what these refer to. */
export function encodeScript(content: ScriptContent): Uint8Array {
  const {pool} = content
  const shell = pool.text('/bin/sh')
  let end = headerBytes
  const room = (bytes: number) => {
    const start = end
    end = aligned(end + bytes)
    return start
  }
  const steps = room(content.calls.length * stepBytes)
  const slots = room(content.slotCount * 8)
  const actions = room(content.actions.length * actionBytes)
  const sentFds = room(content.sentFds.length * 4)
  const relocations = room(pool.pointers.length * 4)
  const stamps = content.stamped ? room(stampBytes(content.calls.length)) : 0
  const poolStart = room(pool.length)

  const bytes = new Uint8Array(end)
  const view = new DataView(bytes.buffer)
  const programsOwn = 0
  const header = [
    magic,
    layout,
    programsOwn,
    content.methodNumber,
    (content.changesCredentials ? traits.changesCredentials : 0) |
      (content.sameView ? traits.sameView : 0) |
      (content.calls.some(({nr}) => nr < 0) ? traits.secondProcess : 0),
    content.fdFloor,
    steps,
    content.calls.length,
    slots,
    content.slotCount,
    ...[programsOwn, programsOwn, programsOwn, programsOwn, programsOwn, programsOwn],
    poolStart + shell.pool,
    actions,
    content.actions.length,
    sentFds,
    content.sentFds.length,
    content.zygoteSocket,
    content.attributes.setsid ? 1 : 0,
    content.attributes.setpgroup ? 1 : 0,
  ]
  header.forEach((word, i) => {
    view.setInt32(i * 4, word, true)
  })
  view.setBigUint64(96, content.attributes.sigmask, true)
  view.setBigUint64(104, content.attributes.sigdefault, true)

  view.setInt32(112, content.attributes.scheduling?.policy ?? -1, true)
  view.setInt32(116, content.attributes.scheduling?.priority ?? 0, true)
  view.setBigUint64(120, BigInt(content.cloneFlags), true)
  view.setUint32(128, relocations, true)
  view.setUint32(132, pool.pointers.length, true)
  view.setInt32(136, content.cgroupFd, true)
  view.setUint32(140, content.cgroupStep, true)
  view.setUint32(stampsAt, stamps, true)

  content.calls.forEach((call, i) => {
    writeStep(view, steps + i * stepBytes, call, poolStart, slots)
  })
  content.actions.forEach((action, i) => {
    writeAction(view, actions + i * actionBytes, action, poolStart)
  })
  content.sentFds.forEach((fd, i) => {
    view.setInt32(sentFds + i * 4, fd, true)
  })
  pool.copyInto(bytes, poolStart)
  pool.pointers.forEach(({at, to}, i) => {
    view.setUint32(relocations + i * 4, poolStart + at, true)
    view.setBigUint64(poolStart + at, BigInt(poolStart + to.pool), true)
  })
  return bytes
}

const traitsAt = 16

/** Adds the program: pointer arrays, and their strings. The script stays as it is, good for another one. */
export function completeBlock(
  script: Uint8Array,
  argv: readonly Text[],
  env: readonly Text[],
  candidates: readonly Text[],
  room = new Room(0),
): Uint8Array {
  const spareWord = 8 // before argv: /bin/sh goes there when the file has no known format
  const lists = [argv, env, candidates]
  const poolStart = script.length + spareWord + (argv.length + env.length + candidates.length + lists.length) * 8
  room.reserve(poolStart + 8 + mostBytes(argv) + mostBytes(env) + mostBytes(candidates))
  room.bytes.set(script, room.start)
  room.word(script.length, 0)
  let at = script.length + spareWord
  let end = poolStart
  lists.forEach((list, i) => {
    room.half(argvAt + i * 8, at)
    room.half(argvAt + i * 8 + 4, list.length)
    end = room.texts(list, at, end)
    at += (list.length + 1) * 8
  })
  const total = aligned(end)
  room.half(totalBytesAt, total)
  const own = room.start + traitsAt
  if (env === callersEnvironment) room.bytes[own] = (room.bytes[own] as number) | traits.callersEnvironment
  return room.bytes.subarray(room.start, room.start + total)
}

/** Lays out the relocatable block. */
export function encodeBlock(content: BlockContent): Uint8Array {
  return completeBlock(encodeScript(content), content.argv, content.env, content.candidates)
}

function writeStep(view: DataView, start: number, call: EncodedCall, poolStart: number, slots: number): void {
  let relocate = 0
  let fromSlot = 0
  call.args.forEach((arg, i) => {
    const at = start + 16 + i * 8
    if (typeof arg === 'bigint') view.setBigUint64(at, BigInt.asUintN(64, arg), true)
    else if (typeof arg === 'number') {
      view.setInt32(at, arg, true)
      view.setInt32(at + 4, Math.floor(arg / wordRange), true)
    } else if ('pool' in arg) {
      relocate |= 1 << i
      view.setUint32(at, poolStart + arg.pool, true)
    } else if ('addressOf' in arg) {
      relocate |= 1 << i
      view.setUint32(at, slots + arg.addressOf.slot * 8, true)
    } else {
      fromSlot |= 1 << i
      view.setUint32(at, arg.slot, true)
    }
  })
  if (call.expectCaller) relocate |= expectsCaller
  view.setInt32(start, call.nr, true)
  view.setUint8(start + 4, relocate)
  view.setUint8(start + 5, fromSlot)
  view.setInt16(start + 6, call.save?.slot ?? -1, true)
  call.forgive.forEach((errno, i) => {
    view.setInt32(start + 8 + i * 4, errno, true)
  })
}

function writeAction(view: DataView, start: number, action: SpawnAction, poolStart: number): void {
  view.setUint32(start, action.kind, true)
  view.setInt32(start + 4, action.fd, true)
  view.setInt32(start + 8, action.target, true)
  view.setUint32(start + 12, action.path ? poolStart + action.path.pool : 0, true)
}
