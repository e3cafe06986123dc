export { colorOf, colorScale, ramps, type ColorScale } from './color-scale.ts';
export { TownMap } from './lazy.tsx';
export { Legend } from './legend.tsx';
export { datastreamOf, foremostDatastream, propertyChoices, type PropertyChoice } from './property.ts';
export type { MapThing } from './town-map.tsx';
