// A page as somebody without a mouse has it: nothing is acted on but what the
// keys have reached.
import assert from 'node:assert/strict';

const most = 300; // steps to anything

export function keyboard(page) {
  const focused = (locator) => locator.evaluate((e) => e === document.activeElement);

  /** Goes there by the tabulator. */
  async function to(locator) {
    await locator.waitFor();
    const seen = [];
    for (let i = 0; i < most; i++) {
      if (await focused(locator)) return;
      await page.keyboard.press('Tab');
      seen.push(await page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent?.slice(0, 30) || document.activeElement?.tagName));
    }
    assert.fail(`${locator} is not reached by the tabulator; the last were ${seen.slice(-20).join(' | ')}`);
  }

  // What the arrows are at, in a list that keeps the focus or gives it.
  const chosen = (option) =>
    option.evaluate((e) => e === document.activeElement || e.hasAttribute('data-combobox-selected') || e.hasAttribute('data-selected') || e.id === document.activeElement?.getAttribute('aria-activedescendant'));

  async function walkTo(option) {
    for (let i = 0; i < most; i++) {
      if (await chosen(option)) return;
      await page.keyboard.press('ArrowDown');
    }
    assert.fail(`${option} is not reached by the arrows`);
  }

  return {
    to,
    walkTo,
    async press(locator) {
      await to(locator);
      await page.keyboard.press('Enter');
    },
    /** An item of an open menu. */
    async item(locator) {
      await locator.waitFor();
      await walkTo(locator);
      await page.keyboard.press('Enter');
    },
    /** Replaces what a control has. */
    async write(locator, text) {
      await to(locator);
      await page.keyboard.press('Control+A');
      await page.keyboard.type(text);
    },
    /** One of several tabs: the arrows move among them. */
    async tab(locator) {
      await to(locator.locator('xpath=ancestor::*[@role="tablist"]').locator('[role=tab][tabindex="0"]'));
      for (let i = 0; i < most && !(await focused(locator)); i++) await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      assert.equal(await locator.getAttribute('aria-selected'), 'true');
    },
    /** The option of that name, or the first. */
    async choose(locator, name) {
      await to(locator);
      await page.keyboard.press('ArrowDown');
      const option = name ? page.getByRole('option', { name, exact: true }) : page.getByRole('option').first();
      await option.waitFor();
      await walkTo(option);
      await page.keyboard.press('Enter');
    },
  };
}
