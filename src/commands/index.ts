import {Exec} from './exec.js'
import {Recommend} from './recommend.js'

/** Read by oclif (package.json, oclif.commands). */
export const COMMANDS = {exec: Exec, recommend: Recommend}
