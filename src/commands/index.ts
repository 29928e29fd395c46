import {Bench} from './bench.js'
import {BenchCompare} from './bench-compare.js'
import {Doctor} from './doctor.js'
import {Exec} from './exec.js'
import {Recommend} from './recommend.js'

/** Read by oclif (package.json, oclif.commands). */
export const COMMANDS = {bench: Bench, 'bench:compare': BenchCompare, doctor: Doctor, exec: Exec, recommend: Recommend}
