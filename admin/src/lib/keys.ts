const apple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** A shortcut as people read it: "Ctrl ⇧ P". */
export function readable(keys: string): string {
  const names: Record<string, string> = {
    mod: apple ? '⌘' : 'Ctrl', shift: apple ? '⇧' : '⇧', alt: apple ? '⌥' : 'Alt', Backspace: '⌫', Enter: '↵', ArrowUp: '↑', ArrowDown: '↓',
  };
  return keys.split('+').map((k) => names[k] ?? k.toUpperCase()).join(' ');
}
