import { createEmitter } from '../lib/emitter';

/** What happened on the site: that something changed, not what. */
export interface SiteEvent {
  kind: 'commit' | 'presence' | 'reset';
  collection?: string;
  noun?: string;
  id?: string;
  action?: string;
}

/** Everything that the server tells of while a console is open. */
export const events = createEmitter<SiteEvent>();

const pause = 15_000; // before trying again once the server refused

function read(kind: SiteEvent['kind'], data: string): SiteEvent {
  try {
    return { ...(JSON.parse(data) as object), kind };
  } catch {
    return { kind };
  }
}

/**
 * Listens to the server for as long as the console is open. What it tells is
 * a courtesy: without it everything works, a little later.
 */
export function followEvents(): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource('/api/v1/events');
    for (const kind of ['commit', 'presence', 'reset'] as const) {
      source.addEventListener(kind, (e) => events.emit(read(kind, (e as MessageEvent<string>).data)));
    }
    source.onerror = () => {
      // A lost line is taken up by the browser itself; a refusal is not.
      if (source?.readyState !== EventSource.CLOSED) return;
      clearTimeout(timer);
      timer = setTimeout(open, pause);
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
