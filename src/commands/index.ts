import {Doctor} from './doctor.js'
import {Exec} from './exec.js'
import {Recommend} from './recommend.js'

/** Read by oclif (package.json, oclif.commands). */
export const COMMANDS = {doctor: Doctor, exec: Exec, recommend: Recommend}
