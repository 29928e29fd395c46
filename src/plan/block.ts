import {aligned, type Pool, type PoolReference, type ScriptCall} from './script.js'
import type {SpawnAction} from './spawn-actions.js'
import type {Text} from './text.js'

/** The layout of src/native/block.h; a change there is a change here and a new number. */
const layout = 2
const magic = 0x4e575053
const headerBytes = 152
const stepBytes = 64
const expectsCaller = 1 << 6
const actionBytes = 16

/** Everything the core needs for one spawn. */
export interface BlockContent {
  methodNumber: number
  changesIdentity: boolean
  fdFloor: number
  calls: readonly ScriptCall[]
  slotCount: number
  pool: Pool
  argv: readonly Text[]
  env: readonly Text[]
  candidates: readonly Text[]
  actions: readonly SpawnAction[]
  attributes: {setsid: boolean; setpgroup: boolean; sigmask: bigint; sigdefault: bigint}
  sentFds: readonly number[]
  zygoteSocket: number
  /** CLONE_NEW…, for the call that creates the child. */
  cloneFlags: number
  /** An open directory of cgroup v2, or -1; and the index of the call that enters it otherwise. */
  cgroupFd: number
  cgroupStep: number
}

/** Lays out the relocatable block: header, steps, slots, actions, descriptors, relocations, pointer arrays, pool. */
export function encodeBlock(content: BlockContent): Uint8Array {
  const {pool} = content
  const argv = content.argv.map(text => pool.text(text))
  const env = content.env.map(text => pool.text(text))
  const candidates = content.candidates.map(text => pool.text(text))
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
  room(8) // the spare word before argv: /bin/sh goes there when the file has no known format
  const argvWords = room((argv.length + 1) * 8)
  const envWords = room((env.length + 1) * 8)
  const candidateWords = room((candidates.length + 1) * 8)
  const poolStart = room(pool.length)

  const bytes = new Uint8Array(end)
  const view = new DataView(bytes.buffer)
  const header = [
    magic,
    layout,
    bytes.length,
    content.methodNumber,
    content.changesIdentity ? 1 : 0,
    content.fdFloor,
    steps,
    content.calls.length,
    slots,
    content.slotCount,
    argvWords,
    argv.length,
    envWords,
    env.length,
    candidateWords,
    candidates.length,
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

  view.setBigUint64(112, BigInt(content.cloneFlags), true)
  view.setUint32(120, relocations, true)
  view.setUint32(124, pool.pointers.length, true)
  view.setInt32(128, content.cgroupFd, true)
  view.setUint32(132, content.cgroupStep, true)

  content.calls.forEach((call, i) => {
    writeStep(view, steps + i * stepBytes, call, poolStart, slots)
  })
  content.actions.forEach((action, i) => {
    writeAction(view, actions + i * actionBytes, action, poolStart)
  })
  content.sentFds.forEach((fd, i) => {
    view.setInt32(sentFds + i * 4, fd, true)
  })
  writeWords(view, argvWords, argv, poolStart)
  writeWords(view, envWords, env, poolStart)
  writeWords(view, candidateWords, candidates, poolStart)
  pool.copyInto(bytes, poolStart)
  pool.pointers.forEach(({at, to}, i) => {
    view.setUint32(relocations + i * 4, poolStart + at, true)
    view.setBigUint64(poolStart + at, BigInt(poolStart + to.pool), true)
  })
  return bytes
}

function writeWords(view: DataView, start: number, references: readonly PoolReference[], poolStart: number): void {
  references.forEach((reference, i) => {
    view.setUint32(start + i * 8, poolStart + reference.pool, true)
  })
}

function writeStep(view: DataView, start: number, call: ScriptCall, poolStart: number, slots: number): void {
  let relocate = 0
  let fromSlot = 0
  call.args.forEach((arg, i) => {
    const at = start + 16 + i * 8
    if (typeof arg === 'bigint') view.setBigUint64(at, BigInt.asUintN(64, arg), true)
    else if (typeof arg === 'number') view.setBigInt64(at, BigInt(arg), true)
    else if ('pool' in arg) {
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
