import type { FieldProblem } from '../../../api/problem';

/**
 * The problems of one locale, with pointers from its form on. The API points
 * at /title, or, when a body or an act spoke of several locales, at
 * /locales/fr/title or /fr/title.
 */
export function problemsIn(problems: FieldProblem[], locale: string, locales: string[]): FieldProblem[] {
  return problems.flatMap((p) => {
    const steps = p.pointer.split('/').slice(1);
    if (steps[0] === 'locales') steps.shift();
    if (steps.length > 1 && locales.includes(steps[0] ?? '')) {
      if (steps[0] !== locale) return [];
      steps.shift();
    }
    return steps.length > 0 && steps[0] !== '' ? [{ ...p, pointer: '/' + steps.join('/') }] : [];
  });
}

/** Goes to the control that a problem is about: the nearest that can be found. */
export function goToProblem(root: string, pointer: string): void {
  const steps = pointer.split('/').slice(1);
  let row: ParentNode = document;
  for (const step of steps) row = below(row, step) ?? row;
  const place = row instanceof HTMLElement ? row : document.getElementById(root);
  place?.scrollIntoView({ block: 'center' });
  if (place) controlIn(place)?.focus({ preventScroll: true });
}

// A field of a form, or an item of the list that a field is.
function below(row: ParentNode, step: string): Element | null {
  if (!/^\d+$/.test(step)) return row.querySelector(`[data-field="${CSS.escape(step)}"]`);
  return [...row.querySelectorAll(`[data-item="${step}"]`)].find((item) => item.closest('[data-field]') === row) ?? null;
}

/** The first control of a part that takes a value; failing that, the first button. */
export function controlIn(place: Element): HTMLElement | null {
  const own = (selector: string) => [...place.querySelectorAll<HTMLElement>(selector)].find((e) => !e.closest('.extra') && !e.classList.contains('grip'));
  return own('input:not([type=hidden]), textarea, [contenteditable=true]') ?? own('button') ?? null;
}
