// What the bundle dist/library.cjs holds: the library, and what register.cjs calls.
export * from './index.js'
export {register} from './process/register.js'
