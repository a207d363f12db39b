interface Options<T> {
  /** How many are worked on at a time. */
  width: number;
  signal?: AbortSignal;
  /** Told after each item. */
  onDone?(item: T): void;
}

/** Works through items, a few at a time. What is not begun when the signal comes stays undone. */
export async function workThrough<T>(items: T[], work: (item: T) => Promise<void>, { width, signal, onDone }: Options<T>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length && !signal?.aborted) {
      const item = items[next++] as T;
      await work(item);
      onDone?.(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
}
