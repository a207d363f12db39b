// What every file of browser tests has: a demonstration of its own and a
// browser, started before its tests and gone after them.
import { after, before } from 'node:test';
import { openAs, openBrowser, openFresh, openWindow } from './browser.mjs';
import { startDemo } from './program.mjs';

/**
 * Call it once at the top of a file; what it gives is there once its tests run.
 * prepare is done once it is, before the first of them.
 */
export function suite({ prepare, ...options } = {}) {
  const here = {
    demo: null,
    browser: null,
    /** A window of somebody who is signed in; each role signs in once. */
    as: (user, how) => openAs(here.browser, here.demo.url, user, how),
    /** A window with a session of its own; without a user nobody is signed in. */
    fresh: (user, how) => openFresh(here.browser, here.demo.url, user, how),
    /** A window of a stranger. */
    window: (how) => openWindow(here.browser, here.demo.url, how),
  };
  let chrome;
  before(async () => {
    here.demo = await startDemo(options);
    chrome = await openBrowser();
    here.browser = chrome.browser;
    await prepare?.(here);
  });
  after(async () => {
    await chrome?.close();
    await here.demo?.stop();
  });
  return here;
}
