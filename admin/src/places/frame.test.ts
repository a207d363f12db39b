// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { pathOf } from './FrameView';
import { addressOf } from './Lead';

it('a frame asks its own plugin, and nothing of the program', () => {
  expect(pathOf('agenda', '/months/2026-08?x=1')).toBe('/api/v1/plugins/agenda/months/2026-08?x=1');
  for (const path of ['/actions/enable', '/%61ctions/enable', '/settings', '/settings/', '/console/week', '/../other/months', '/x/../../other', '/%2e%2e/other/months', '/./actions/enable', 'months', undefined]) {
    expect(pathOf('agenda', path), String(path)).toBeNull();
  }
});

it('links of plugins lead into the console, to entries, or elsewhere', () => {
  expect(addressOf('/x/training/courses?level=2', '/admin/')).toEqual({ href: '/admin/x/training/courses?level=2', outside: false });
  expect(addressOf('entry:agenda/01J', '/admin/')).toEqual({ href: '/admin/c/agenda/01J', outside: false });
  expect(addressOf('?page=2', '/admin/x/training/courses')).toEqual({ href: '/admin/x/training/courses?page=2', outside: false });
  expect(addressOf('https://example.org/', '/admin/')).toEqual({ href: 'https://example.org/', outside: true });
  expect(addressOf('/api/v1/plugins/training/sessions.csv', '/admin/')).toEqual({ href: '/api/v1/plugins/training/sessions.csv', outside: true });
});
