import {spawn as spawnByNode} from 'node:child_process'
import {describe, expect, it} from 'vitest'
import {copiesMemory} from '../../dist/bench/copies-memory.js'
import {type Method, methods} from '../../dist/index.js'
import {spawn} from '../../dist/process/spawn.js'

const copying: readonly Method[] = ['fork']

describe('page faults', () => {
  it.each(methods.filter(method => method !== 'zygote'))('tell whether %s has copied the memory', method => {
    const copied = copiesMemory(() => void spawn('/bin/true', {method, stdio: 'ignore'}))
    expect(copied).toBe(copying.includes(method))
  })

  it('tell it of a program that cannot be executed too', () => {
    const spawnNothing = () => void spawnByNode('/', {stdio: 'ignore'}).on('error', () => {})
    const spawnTrue = () => void spawnByNode('/bin/true', {stdio: 'ignore'})
    expect(copiesMemory(spawnNothing)).toBe(copiesMemory(spawnTrue))
  })

  it('are not there without a child', () => {
    expect(copiesMemory(() => {})).toBe(false)
  })
})
