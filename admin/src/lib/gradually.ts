import { startTransition, useEffect, useState } from 'react';

// About what a tall screen shows of a form, and what is added to it at a time.
const atFirst = 6;
const step = 8;

/**
 * How many of a number of parts to draw now: what one sees at first, so that one
 * may begin, then some more at a time, behind whatever is typed meanwhile.
 */
export function useGradually(all: number): number {
  const [shown, setShown] = useState(atFirst);
  useEffect(() => {
    if (shown < all) startTransition(() => setShown(shown + step));
  }, [shown, all]);
  return shown;
}
