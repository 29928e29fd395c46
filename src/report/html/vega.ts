/** What of Vega is used. In dist this file is a bundle, made by scripts/bundle.mjs, so that no install carries Vega's 60 packages. */
export {parse, type Spec, View} from 'vega'
