import outline from '../../../../core/site/chart/outline.json';

/** A place on Earth, in degrees. */
export interface Place {
  lat: number;
  lon: number;
}

/** What the map shows: its middle, and how near one is: 1 is the whole country. */
export interface Look {
  centre: Place;
  zoom: number;
}

/** The size of the drawing, in its own units. */
export const size = 400;

// A degree of longitude is as wide as this many degrees of latitude, in the
// middle of the country.
const narrow = 0.88;

const north = 37.5;
const south = 18.6;
const west = -9;
const east = 12.3;

/** The whole country. */
export const whole: Look = { centre: { lat: (north + south) / 2, lon: (west + east) / 2 }, zoom: 1 };

export const farthest = 256; // zoom: some 10 m for a unit of the drawing

const degrees = (look: Look) => (north - south) * 1.04 / look.zoom;

/** Where a place is drawn. */
export function drawn(place: Place, look: Look): { x: number; y: number } {
  const unit = size / degrees(look);
  return { x: size / 2 + (place.lon - look.centre.lon) * narrow * unit, y: size / 2 - (place.lat - look.centre.lat) * unit };
}

/** The place at a point of the drawing, as exact as the drawing is. */
export function placeAt(x: number, y: number, look: Look): Place {
  const unit = size / degrees(look);
  const digits = Math.min(6, Math.max(2, Math.ceil(Math.log10(unit)) + 1));
  const round = (v: number) => Number(v.toFixed(digits));
  return { lat: round(look.centre.lat - (y - size / 2) / unit), lon: round(look.centre.lon + (x - size / 2) / narrow / unit) };
}

/** A step in a direction, of a fortieth of what is shown. */
export function stepped(place: Place, right: number, up: number, look: Look): Place {
  const { x, y } = drawn(place, look);
  return placeAt(x + (right * size) / 40, y - (up * size) / 40, look);
}

/** The country's outline as the d of a path. */
export function border(look: Look): string {
  const points = (outline as [number, number][]).map(([lon, lat]) => drawn({ lon, lat }, look));
  return `M${points.map((p) => `${p.x.toFixed(1)} ${p.y.toFixed(1)}`).join('L')}z`;
}

export const onMap = (place: Partial<Place>): place is Place =>
  typeof place.lat === 'number' && typeof place.lon === 'number' && Math.abs(place.lat) <= 90 && Math.abs(place.lon) <= 180;
