import { describe, expect, it } from 'vitest';
import { border, drawn, placeAt, size, stepped, whole, type Look } from './country';

const near: Look = { centre: { lat: 36.75, lon: 3.06 }, zoom: 64 };

describe('the map', () => {
  it.each([whole, near])('gives a place back where it was drawn', (look) => {
    const { x, y } = drawn({ lat: 36.7, lon: 3.1 }, look);
    const back = placeAt(x, y, look);
    expect(back.lat).toBeCloseTo(36.7, 2);
    expect(back.lon).toBeCloseTo(3.1, 2);
  });

  it('shows the whole country, and no more than it', () => {
    const points = border(whole).slice(1, -1).split('L').map((p) => p.split(' ').map(Number) as [number, number]);
    expect(points.length).toBeGreaterThan(50);
    for (const [x, y] of points) {
      expect(x).toBeGreaterThan(0);
      expect(x).toBeLessThan(size);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(size);
    }
  });

  it('steps north with up and east with right, by less when one is near', () => {
    const from = { lat: 36, lon: 3 };
    expect(stepped(from, 0, 1, whole).lat).toBeGreaterThan(36.2);
    expect(stepped(from, 1, 0, whole).lon).toBeGreaterThan(3.2);
    expect(stepped(from, 0, 1, near).lat).toBeLessThan(36.05);
    expect(stepped(from, 0, 1, near).lat).toBeGreaterThan(36);
  });
});
