import { createStore } from './store';

/** A role as which a window looks at the site. */
export interface Viewed {
  id: string;
  /** As people call it. */
  name: string;
}

const key = 'recueil.view_as';

function kept(): Viewed | null {
  try {
    const value = JSON.parse(window.sessionStorage.getItem(key) ?? 'null') as Partial<Viewed> | null;
    return typeof value?.id === 'string' ? { id: value.id, name: String(value.name ?? value.id) } : null;
  } catch {
    return null;
  }
}

const store = createStore(kept());

/** As whom this window looks at the site; null: with one's own rights. It is kept for the window only. */
export const viewAs = {
  ...store,
  set(role: Viewed | null) {
    try {
      if (role) window.sessionStorage.setItem(key, JSON.stringify(role));
      else window.sessionStorage.removeItem(key);
    } catch {
      // It then lasts until the page is loaded again.
    }
    store.set(role);
  },
};
