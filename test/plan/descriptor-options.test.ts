import {describe, expect, it} from 'vitest'
import {readDescriptors} from '../../src/plan/descriptor-options.js'
import {options, surroundings} from '../helpers/plans.js'

type Given = Parameters<typeof options>[0]
const read = (given: Given) => readDescriptors(options(given), surroundings)
const at = (number: number, given: Given) => read(given).find(({to}) => to === number)?.from

const nullDevice = {path: '/dev/null', access: 'read-write'}

describe('readDescriptors', () => {
  it('keeps 0, 1 and 2 when nothing is said', () => {
    expect(read({})).toEqual([0, 1, 2].map(fd => ({to: fd, from: fd})))
  })

  it('puts a new terminal where nothing is given, and beyond everything where all is', () => {
    const [newTerminal, ...rest] = read({pty: true}).map(({from}) => from)
    expect(rest).toEqual([newTerminal, newTerminal])
    const given = {pty: true as const, stdin: 'null', stdout: 'null', stderr: 'stdout', fd: ['3=null']}
    expect(read(given).filter(({from}) => from === newTerminal)).toEqual([{to: 4, from: newTerminal}])
  })

  it('lists the numbers in ascending order', () => {
    expect(read({fd: ['9=null', '3=null']}).map(({to}) => to)).toEqual([0, 1, 2, 3, 9])
  })

  it.each([
    ['null', nullDevice, nullDevice, nullDevice],
    ['inherit', 0, 1, 3],
    ['close', 'closed', 'closed', 'closed'],
    ['fd:5', 5, 5, 5],
    ['fd:0', 0, 0, 0],
    ['./file', {path: './file', access: 'read'}, {path: './file', access: 'write'}, {path: './file', access: 'read'}],
    ['read:f', {path: 'f', access: 'read'}, {path: 'f', access: 'read'}, {path: 'f', access: 'read'}],
    ['write:f', {path: 'f', access: 'write'}, {path: 'f', access: 'write'}, {path: 'f', access: 'write'}],
    ['append:f', {path: 'f', access: 'append'}, {path: 'f', access: 'append'}, {path: 'f', access: 'append'}],
    ['rw:f', {path: 'f', access: 'read-write'}, {path: 'f', access: 'read-write'}, {path: 'f', access: 'read-write'}],
    ['read:a:b', {path: 'a:b', access: 'read'}, {path: 'a:b', access: 'read'}, {path: 'a:b', access: 'read'}],
    ['C:file', {path: 'C:file', access: 'read'}, {path: 'C:file', access: 'write'}, {path: 'C:file', access: 'read'}],
    [':', {path: ':', access: 'read'}, {path: ':', access: 'write'}, {path: ':', access: 'read'}],
    ['5', {path: '5', access: 'read'}, {path: '5', access: 'write'}, {path: '5', access: 'read'}],
  ])('reads "%s" for --stdin, --stdout and --fd 3', (spec, stdin, stdout, third) => {
    expect(at(0, {stdin: spec})).toEqual(stdin)
    expect(at(1, {stdout: spec})).toEqual(stdout)
    expect(at(2, {stderr: spec})).toEqual(typeof stdout === 'number' && spec === 'inherit' ? 2 : stdout)
    expect(at(3, {fd: [`3=${spec}`]})).toEqual(third)
  })

  it('takes an equals sign in a path', () => {
    expect(at(3, {fd: ['3=read:a=b']})).toEqual({path: 'a=b', access: 'read'})
  })

  it('lets the last word on a number win', () => {
    expect(at(3, {fd: ['3=null', '3=fd:4']})).toBe(4)
    expect(at(1, {stdout: ['null', 'close']})).toBe('closed')
  })

  it('lets --fd win over --stdout, and opens it for writing', () => {
    expect(at(1, {stdout: 'null', fd: ['1=log']})).toEqual({path: 'log', access: 'write'})
  })

  it('joins standard error to standard output: one file, opened once', () => {
    const placements = read({stdout: 'log', stderr: 'stdout'})
    expect(placements[2]?.from).toBe(placements[1]?.from)
    expect(placements[1]?.from).toEqual({path: 'log', access: 'write'})
  })

  it.each([
    [{stdout: 'stderr'}, 2, 2],
    [{stderr: 'stdout'}, 1, 1],
    [{stdout: 'stderr', stderr: 'close'}, 'closed', 'closed'],
    [{stderr: 'stdout', fd: ['1=fd:7']}, 7, 7],
    [{fd: ['2=stdout']}, 1, 1],
  ])('joins as %j says', (given, stdout, stderr) => {
    expect([at(1, given), at(2, given)]).toEqual([stdout, stderr])
  })

  it('does not take two opens of one path for one', () => {
    const placements = read({stdout: 'log', stderr: 'log'})
    expect(placements[2]?.from).toEqual(placements[1]?.from)
    expect(placements[2]?.from).not.toBe(placements[1]?.from)
  })

  it('refuses the circle', () => {
    expect(() => read({stdout: 'stderr', stderr: 'stdout'})).toThrow('join each other in a circle')
  })

  it.each([
    [{stdin: ''}, '--stdin wants null, inherit'],
    [{fd: ['3=']}, '--fd wants null, inherit'],
    [{fd: ['3']}, '--fd wants N=SPEC, not "3"'],
    [{fd: ['=null']}, '--fd wants a whole number'],
    [{fd: ['x=null']}, '--fd wants a whole number'],
    [{fd: ['-1=null']}, '--fd wants a whole number'],
    [{fd: ['1048576=null']}, '--fd wants a whole number'],
    [{stdin: 'fd:'}, '--stdin wants a whole number'],
    [{stdin: 'fd:x'}, '--stdin wants a whole number'],
    [{stdin: 'fd:1048576'}, '--stdin wants a whole number'],
    [{stdout: 'write:'}, '--stdout wants a path after "write:"'],
    [{stdin: 'read:'}, '--stdin wants a path after "read:"'],
  ])('refuses %j', (given, message) => {
    expect(() => read(given)).toThrow(
      expect.objectContaining({code: 'E_USAGE', message: expect.stringContaining(message)}),
    )
  })

  it('refuses a descriptor that the caller was not given', () => {
    expect(() => read({fd: ['3=fd:12']})).toThrow('12 was not handed down')
    expect(() => read({fd: ['12=inherit']})).toThrow('12 was not handed down')
  })
})
