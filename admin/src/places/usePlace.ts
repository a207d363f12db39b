import { useRouter } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { interact, type Asked, type Beside, type Place, type Shown, type TreeNode } from '../api/places';
import { asProblem, type FieldProblem } from '../api/problem';
import { useMe } from '../api/session';
import type { Values } from '../api/types';
import { useNotify } from '../components/useNotify';
import { useI18n } from '../i18n/i18n';
import type { Acting } from './context';
import { addressOf } from './Lead';
import { useWaiting } from './waiting';

export interface PlaceOptions {
  place: Place;
  params?: Record<string, string>;
  onParams?(search: string): void;
  /** What goes along when it is opened. */
  values?: Values;
  /** The entry beside which it stands, as it is now. */
  beside?(): Beside | undefined;
  /** Changes when the entry does: the place is then opened again. */
  version?: string;
  /** Takes over values for the entry. */
  onPatch?(values: Values): void;
  /** It was opened, and this came of it. */
  onOpened?(shown: Shown | null): void;
}

/** Opens a place of a plugin, and carries on what is done there. */
export function usePlace({ place, params, onParams, values, beside, version, onPatch, onOpened }: PlaceOptions) {
  const { speech, t } = useI18n();
  const me = useMe()?.user?.id ?? '';
  const router = useRouter();
  const notify = useNotify();
  const [tree, setTree] = useState<TreeNode | null>(null);
  const [problems, setProblems] = useState<FieldProblem[]>([]);
  const [wrong, setWrong] = useState<unknown>(null);
  const [busy, setBusy] = useState('');
  // An answer that a later one overtook is of no use any more.
  const asked = useRef(0);

  const take = (shown: Shown) => {
    if (shown.tree) setTree(shown.tree);
    setProblems((shown.faults ?? []).map((f) => ({ pointer: f.pointer.replace(/^\/values(?=\/)/, ''), code: 'plugin_refusal', detail: f.message })));
    if (shown.patch) onPatch?.(shown.patch.values);
    if (shown.toast) notify(shown.toast.text, shown.toast.tone === 'danger' || shown.toast.tone === 'warning' ? 'wrong' : 'done');
    if (shown.navigate) router.history.push(addressOf(shown.navigate, window.location.pathname).href);
  };
  const { waiting, keep } = useWaiting(me, place, {
    taken: (shown) => {
      if (shown.tree) setTree(shown.tree);
      if (shown.toast && (shown.toast.tone === 'danger' || shown.toast.tone === 'warning')) notify(shown.toast.text, 'wrong');
    },
    refused: (error) => notify(asProblem(error).message, 'wrong'),
    done: (count) => notify(t('place.sent', { count })),
  });
  const ask = async (what: Asked): Promise<Shown | null> => {
    const turn = ++asked.current;
    setBusy(what.action ?? '');
    setWrong(null);
    try {
      const shown = await interact(place, { ...what, params, entry: beside?.() });
      if (turn === asked.current) take(shown);
      return shown;
    } catch (error) {
      // Kept for later, it counts as done.
      if (what.action && place.offline?.includes(what.action) && asProblem(error).status === 0 && keep(what.action, what.values ?? {}, params)) return {};
      if (turn === asked.current) setWrong(error);
      return null;
    } finally {
      if (turn === asked.current) setBusy('');
    }
  };
  const latest = useRef(ask);
  latest.current = ask;
  const open = useRef(() => undefined as void);
  open.current = () => void ask({ values }).then((shown) => onOpened?.(shown));

  const words = JSON.stringify(params ?? {});
  useEffect(() => {
    open.current();
    return () => void asked.current++;
  }, [place.plugin, place.id, words, version, speech]);

  const acting = useMemo<Acting>(
    () => ({
      act: async (action, given) => {
        const shown = await latest.current({ action, values: given });
        return shown !== null && !shown.faults?.length;
      },
      busy, problems, onParams, waiting,
    }),
    [busy, problems, onParams, waiting],
  );
  return { tree, wrong, acting, retry: () => open.current() };
}
