import {html, Markup} from './markup.js'
import type {Spec} from './vega.js'

/** Pixels, of which the page may make fewer: charts shrink to their column. */
export interface Frame {
  readonly width: number
  readonly height: number
  readonly padding: {readonly left: number; readonly right: number; readonly top: number; readonly bottom: number}
}

export type Drawing = Pick<Spec, 'data' | 'scales' | 'axes' | 'marks'>

const axisConfig = {
  domainColor: 'var(--line)',
  tickColor: 'var(--line)',
  gridColor: 'var(--grid)',
  labelColor: 'var(--quiet)',
  titleColor: 'var(--quiet)',
  labelFontSize: 12,
  titleFontSize: 12,
  titleFontWeight: 'normal',
  labelPadding: 5,
  tickSize: 4,
} as const

/** Positions to the hundredth of a pixel; texts are left alone. */
function round(svg: string): string {
  return svg.replace(/ (?:transform|d|[xy]2?|width|height)="[^"]*"/g, attribute =>
    attribute.replace(/\d+\.\d{3,}(?:e-\d+)?/g, number => String(Number(Number(number).toFixed(2)))),
  )
}

/**
 * Draws to static SVG whose colours are the page's CSS variables, so that it follows the page from light to dark.
 * @param id unique in the page
 */
export async function chart(
  id: string,
  {title, description}: {title: string; description: string},
  {width, height, padding}: Frame,
  drawing: Drawing,
): Promise<Markup> {
  const {parse, View} = await import('./vega.js')
  const view = new View(
    parse({
      ...drawing,
      width,
      height,
      padding,
      autosize: 'none',
      background: 'transparent',
      config: {axis: axisConfig},
    }),
    {renderer: 'none'},
  )
  const svg = await view.toSVG()
  view.finalize()
  const [, box = '', marks = ''] = /^<svg[^>]*viewBox="([^"]*)"[^>]*>(.*)<\/svg>$/s.exec(svg) ?? []
  return html`<svg class="chart" role="img" viewBox="${box}" aria-labelledby="${id}-title ${id}-description">
<title id="${id}-title">${title}</title><desc id="${id}-description">${description}</desc>
${new Markup(round(marks))}</svg>`
}
