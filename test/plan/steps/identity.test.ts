import {describe, expect, it} from 'vitest'
import {type options, stepOf, stepsOf} from '../../helpers/plans.js'

type Given = Parameters<typeof options>[0]

/** What the options make of the identity: only what they speak of. */
function identity(given: Given) {
  return {
    uid: stepOf('setuid', given)?.uid,
    gid: stepOf('setgid', given)?.gid,
    groups: stepOf('setgroups', given)?.groups,
  }
}

const untouched = {uid: undefined, gid: undefined, groups: undefined}

describe('the identity', () => {
  it.each<[string, Given, Partial<ReturnType<typeof identity>>]>([
    ['is the caller’s when nothing is said', {}, {}],
    ['is a uid alone', {uid: '1000'}, {uid: 1000}],
    ['is root', {uid: '0'}, {uid: 0}],
    ['is the last uid of several', {uid: ['1', '2']}, {uid: 2}],
    ['is the highest uid there is', {uid: '4294967294'}, {uid: 0xfffffffe}],
    ['is a gid by number', {gid: '50'}, {gid: 50}],
    ['is a gid by name', {gid: 'tty'}, {gid: 5}],
    ['has listed groups, names and numbers, in their order', {groups: '7,staff,5'}, {groups: [7, 50, 5]}],
    ['has no groups at all', {groups: 'none'}, {groups: []}],
    ['has no groups by an empty list', {groups: ''}, {groups: []}],
    ['is a user with its group and groups', {user: 'alice'}, {uid: 1000, gid: 1000, groups: [1000, 20, 50]}],
    ['is a user with another group by name', {user: 'alice:tty'}, {uid: 1000, gid: 5, groups: [5, 20, 50]}],
    ['is a user with another group by number', {user: 'alice:77'}, {uid: 1000, gid: 77, groups: [77, 20, 50]}],
    ['is a user without its groups', {user: 'alice', groups: 'none'}, {uid: 1000, gid: 1000, groups: []}],
    [
      'is a user with the group that --gid names',
      {user: 'alice', gid: 'tty'},
      {uid: 1000, gid: 5, groups: [1000, 20, 50]},
    ],
  ])('%s', (_, given, expected) => {
    expect(identity(given)).toEqual({...untouched, ...expected})
  })

  it.each<[Given, string]>([
    [{uid: ''}, '--uid wants a whole number'],
    [{uid: 'alice'}, '--uid wants a whole number'],
    [{uid: '-1'}, '--uid wants a whole number'],
    [{uid: '4294967295'}, '--uid wants a whole number'],
    [{gid: '4294967295'}, '--gid wants a whole number'],
    [{groups: '5,4294967295'}, '--groups wants a whole number'],
    [{user: ''}, '--user wants NAME or NAME:GROUP'],
    [{user: ':tty'}, '--user wants NAME or NAME:GROUP'],
    [{user: 'alice:'}, '--user wants NAME or NAME:GROUP'],
    [{user: '1000'}, '--user wants a name, "1000" is a number'],
    [{user: 'alice', uid: '1'}, '--user and --uid both name a user'],
  ])('refuses %j', (given, message) => {
    expect(() => identity(given)).toThrow(
      expect.objectContaining({code: 'E_USAGE', message: expect.stringContaining(message)}),
    )
  })

  it.each<[Given, string]>([
    [{user: 'mallory'}, 'no user mallory'],
    [{user: 'alice:wheel'}, 'no group wheel'],
    [{gid: 'wheel'}, 'no group wheel'],
    [{groups: 'tty,wheel'}, 'no group wheel'],
    [{groups: 'tty,'}, '--groups wants a name or number of a group'],
  ])('asks for the names in %j', (given, message) => {
    expect(() => identity(given)).toThrow(message)
  })

  it('is taken in the one order that works: groups, gid, uid', () => {
    const kinds = stepsOf({user: 'alice'}).map(({kind}) => kind)
    expect(kinds.filter(kind => kind.startsWith('set'))).toEqual(['setgroups', 'setgid', 'setuid'])
  })
})
