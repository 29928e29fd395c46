import {describe, expect, it} from 'vitest'
import {type BlockContent, encodeBlock} from '../../src/plan/block.js'
import {Pool, type ScriptCall} from '../../src/plan/script.js'
import {noAttributes} from '../../src/plan/spawn-actions.js'
import {decodeBlock, writtenLayout} from '../helpers/block.js'

function content(pieces: Partial<BlockContent> = {}): BlockContent {
  return {
    methodNumber: 4,
    changesCredentials: false,
    sameView: false,
    fdFloor: 3,
    calls: [],
    slotCount: 0,
    pool: new Pool(),
    argv: ['x'],
    env: [],
    candidates: ['/bin/x'],
    actions: [],
    attributes: noAttributes,
    sentFds: [],
    zygoteSocket: -1,
    cloneFlags: 0,
    cgroupFd: -1,
    cgroupStep: 0,
    stamped: false,
    ...pieces,
  }
}

const encoded = (pieces: Partial<BlockContent> = {}) => decodeBlock(encodeBlock(content(pieces)), writtenLayout)

function call(pieces: Partial<ScriptCall>): ScriptCall {
  return {
    step: {kind: 'setsid'},
    name: 'setsid',
    nr: 112,
    args: [],
    save: undefined,
    forgive: [],
    expectCaller: false,
    ...pieces,
  }
}

describe('encodeBlock', () => {
  it('says what it is, and how long', () => {
    const image = encodeBlock(content())
    expect(Buffer.from(image.subarray(0, 4)).toString()).toBe('SPWN')
    expect(decodeBlock(image, writtenLayout)).toMatchObject({layout: 5, totalBytes: image.length, method: 4, traits: 0})
    expect(image.length % 8).toBe(0)
  })

  it.each([[[]], [['']], [['a', '', 'b']], [Array.from({length: 999}, (_, i) => 'x'.repeat(i % 17))]])(
    'brings argv, environment and candidates back (%#)',
    texts => {
      expect(encoded({argv: texts, env: texts, candidates: texts})).toMatchObject({
        argv: texts,
        envp: texts,
        candidates: texts,
        terminators: [0n, 0n, 0n],
        beforeArgv: 0n,
        shell: '/bin/sh',
      })
    },
  )

  it('brings UTF-8 and other bytes back', () => {
    const {argv} = encoded({argv: ['grün', Uint8Array.of(0xff, 0xc3)]})
    expect(argv.map(text => Buffer.from(text, 'latin1'))).toEqual([Buffer.from('grün'), Buffer.of(0xff, 0xc3)])
  })

  it('takes a view into a larger buffer for the view alone', () => {
    const whole = Buffer.from('beforeXafter')
    expect(encoded({argv: [whole.subarray(6, 7)]}).argv).toEqual(['X'])
  })

  it('writes every kind of argument where the child expects it', () => {
    const pool = new Pool()
    pool.text('first')
    const path = pool.text('/tmp')
    const args = [-1, 0xffffffffffffffffn, 2 ** 40, path, {slot: 3}, 0n]
    const {steps} = encoded({pool, slotCount: 4, calls: [call({nr: 80, args, save: {slot: 2}, forgive: [9, 22]})]})
    const [step] = steps
    const [minusOne, all, large, text, slot, zero] = step!.args
    expect([minusOne, all, large, slot, zero]).toEqual([2n ** 64n - 1n, 2n ** 64n - 1n, 2n ** 40n, {slot: 3n}, 0n])
    expect(Buffer.from((text as {bytes: Uint8Array}).bytes.subarray(0, 5)).toString()).toBe('/tmp\0')
    expect(step).toMatchObject({nr: 80, saveSlot: 2, forgive: [9, 22]})
  })

  it('saves nothing and forgives nothing unless told to', () => {
    expect(encoded({calls: [call({})]}).steps).toEqual([
      {nr: 112, args: [0n, 0n, 0n, 0n, 0n, 0n], expectCaller: false, saveSlot: -1, forgive: []},
    ])
  })

  it('brings actions, attributes and descriptors back', () => {
    const pool = new Pool()
    const path = pool.text('/var')
    const decoded = encoded({
      pool,
      changesCredentials: true,
      sameView: true,
      fdFloor: 1_048_576,
      actions: [
        {kind: 1, fd: 2, target: 5, path: undefined},
        {kind: 3, fd: 0, target: 0, path},
      ],
      attributes: {
        setsid: true,
        setpgroup: true,
        sigmask: 2n ** 64n - 1n,
        sigdefault: 1n << 63n,
        scheduling: {policy: 2, priority: 99},
      },
      sentFds: [7, 1_048_575, 0],
      zygoteSocket: 21,
    })
    expect(decoded).toMatchObject({
      traits: 3,
      fdFloor: 1_048_576,
      actions: [
        {kind: 1, fd: 2, target: 5, path: undefined},
        {kind: 3, fd: 0, target: 0, path: '/var'},
      ],
      attributes: {
        setsid: 1,
        setpgroup: 1,
        sigmask: 2n ** 64n - 1n,
        sigdefault: 1n << 63n,
        schedPolicy: 2,
        schedPriority: 99,
      },
      sentFds: [7, 1_048_575, 0],
      zygoteSocket: 21,
    })
  })

  it('leaves the room of the report and of the slots zero', () => {
    const image = encodeBlock(content({slotCount: 3, argv: ['x'.repeat(100)]}))
    expect([...image.subarray(144, 168 + 3 * 8)].every(byte => byte === 0)).toBe(true)
  })

  it('says that the result must be the caller’s pid', () => {
    expect(encoded({calls: [call({expectCaller: true})]}).steps[0]).toMatchObject({expectCaller: true})
  })

  it('points from one entry of the pool to another, and to a slot', () => {
    const pool = new Pool()
    const struct = pool.bytes(new Uint8Array(16))
    const text = pool.text('there')
    pool.pointer(struct, 8, text)
    const image = encodeBlock(content({pool, slotCount: 2, calls: [call({args: [{addressOf: {slot: 1}}]})]}))
    const {relocations, steps} = decodeBlock(image, writtenLayout)
    expect(relocations).toHaveLength(1)
    expect(Buffer.from(image.subarray(relocations[0]!.offset, relocations[0]!.offset + 5)).toString()).toBe('there')
    const slots = new DataView(image.buffer).getUint32(writtenLayout['script_header.slots']!, true)
    expect((steps[0]!.args[0] as {bytes: Uint8Array}).bytes.byteOffset).toBe(slots + 8)
  })

  it('says how the child shall be created', () => {
    expect(encoded({cloneFlags: 0x30000000, cgroupFd: 7, cgroupStep: 3})).toMatchObject({
      cloneFlags: 0x30000000n,
      cgroupFd: 7,
      cgroupStep: 3,
    })
  })

  it('aligns what the kernel reads as words', () => {
    const image = encodeBlock(content({sentFds: [1], argv: ['abc'], env: ['d'], calls: [call({})], slotCount: 1}))
    const view = new DataView(image.buffer)
    for (const field of ['steps', 'slots', 'argv', 'envp', 'candidates'])
      expect(view.getUint32(writtenLayout[`script_header.${field}`]!, true) % 8, field).toBe(0)
  })
})

describe('Pool', () => {
  it('aligns its entries and ends each in a NUL', () => {
    const pool = new Pool()
    const references = ['', 'seven77', 'eight888', 'x'].map(text => pool.text(text))
    expect(references.map(({pool: offset}) => offset)).toEqual([0, 8, 16, 32])
    const bytes = new Uint8Array(pool.length).fill(0)
    pool.copyInto(bytes, 0)
    expect(Buffer.from(bytes).toString('latin1')).toBe(
      `${'\0'.repeat(8)}seven77\0eight888${'\0'.repeat(8)}x${'\0'.repeat(7)}`,
    )
  })
})
