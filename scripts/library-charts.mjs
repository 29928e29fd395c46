export function libraryCharts() {
  return ''
}
