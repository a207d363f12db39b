import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { entryActs } from '../../../actions/entry/all';
import type { EntryAct, EntryContext } from '../../../actions/entry/types';
import { useOffer } from '../../../actions/offered';
import { asProblem, type Problem } from '../../../api/problem';
import type { Values } from '../../../api/types';
import { useNotify } from '../../../components/useNotify';
import { useI18n } from '../../../i18n/i18n';

// Refusals that ask whether it is meant.
const asksBack = new Set(['entry_referenced', 'entry_has_children']);

interface Options {
  /** Of the entry: the heading of its acts in the palette. */
  title: string;
  context: EntryContext | null;
  /** Saves what waits; false when something could not be saved. */
  before(): Promise<boolean>;
  /** What to tell the act once everything is saved. */
  fresh(): EntryContext | null;
  onDone(): Promise<void> | void;
  onProblem(problem: Problem): void;
}

/** The acts that are possible now, and how one is carried out. */
export function useActs({ title, context, before, fresh, onDone, onProblem }: Options) {
  const { t } = useI18n();
  const go = useNavigate();
  const notify = useNotify();
  const cache = useQueryClient();
  const [asking, setAsking] = useState<EntryAct | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const acts = context ? entryActs.filter((a) => a.predicate(context)) : [];

  const carryOut = async (act: EntryAct, answers: Values) => {
    setBusy(act.name);
    try {
      if (!(await before())) return;
      const now = fresh();
      if (!now) return;
      const { go: where, undo } = await act.perform(now, answers);
      setAsking(null);
      const anew = () => cache.invalidateQueries({ queryKey: ['entries'] });
      const back = undo && (() => void undo().then(anew, (error: unknown) => notify(asProblem(error).message || t('offline'), 'wrong')));
      notify(t(act.done), 'done', back);
      await anew();
      const collection = now.collection.name;
      if (where === 'list') await go({ to: '/c/$collection', params: { collection } });
      else if (where) await go({ to: '/c/$collection/$entry', params: { collection, entry: where.entry } });
      else await onDone();
    } catch (error) {
      const problem = asProblem(error);
      if (act.anyway && asksBack.has(problem.code)) {
        setAsking({ ...act, label: act.anyway, said: problem.message, warning: undefined, anyway: undefined, perform: (c, a) => act.perform(c, a, true) });
        return;
      }
      setAsking(null);
      onProblem(problem);
      if (problem.code === 'entry_changed') await onDone();
      notify(problem.message || t('offline'), 'wrong');
    } finally {
      setBusy(null);
    }
  };

  // What is new has nothing live to be compared with.
  const asks = (act: EntryAct) => act.questions || act.warning || (act.compares && context?.state?.status === 'changed');
  const start = (act: EntryAct) => (asks(act) ? setAsking(act) : void carryOut(act, {}));
  const names = acts.map((a) => a.name).join();
  useOffer(
    'entry',
    // eslint-disable-next-line react-hooks/exhaustive-deps
    useMemo(() => acts.map((a) => ({ id: `act.${a.name}`, label: t(a.label), group: title, keys: a.keys, icon: a.icon, perform: () => start(a) })), [names, title, t, context?.locale, context?.revision]),
  );
  return { acts, lead: context ? acts.find((a) => a.leads?.(context)) : undefined, start, busy, asking, stop: () => setAsking(null), carryOut };
}
