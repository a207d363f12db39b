import { Button, Group, Modal, Stack, Text, TextInput, Textarea } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { EntryAct, Question } from '../../../actions/entry/types';
import type { Values } from '../../../api/types';
import { fromLocal, toLocal } from '../../../fields/datetime/instant';
import { written } from '../../../fields/written';
import { useI18n } from '../../../i18n/i18n';

interface Props {
  act: EntryAct | null;
  busy: boolean;
  /** What the questions start with. */
  known: Values;
  onClose(): void;
  onAnswer(act: EntryAct, answers: Values): void;
  /** What to look at before answering, and what may be answered there; false: not like that. */
  children?(answers: Values, answer: (more: Values, possible: boolean) => void): ReactNode;
}

/** Asks what an act needs to know, and whether it is meant. */
export function ActDialog({ act, ...rest }: Props) {
  const { t } = useI18n();
  return (
    <Modal opened={act !== null} onClose={rest.onClose} size={act?.compares ? 'lg' : 'md'} title={act && t(act.label)} closeButtonProps={{ 'aria-label': t('close') }}>
      {act && <Asking key={act.name} act={act} {...rest} />}
    </Modal>
  );
}

function Asking({ act, busy, known, onClose, onAnswer, children }: Props & { act: EntryAct }) {
  const { t } = useI18n();
  const [answers, setAnswers] = useState<Values>(() => Object.fromEntries((act.questions ?? []).map((q) => [q.name, known[q.name]])));
  const [possible, setPossible] = useState(true);
  const missing = !possible || (act.questions ?? []).some((q) => q.required && !answers[q.name]);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        onAnswer(act, Object.fromEntries(Object.entries(answers).filter(([, v]) => v != null && v !== '')));
      }}
    >
      <Stack>
        {act.said && <Text size="sm" role="alert">{act.said}</Text>}
        {act.warning && <Text size="sm">{t(act.warning)}</Text>}
        {children?.(answers, (more, able) => {
          setAnswers({ ...answers, ...more });
          setPossible(able);
        })}
        {act.questions?.map((q, i) => (
          <Answer key={q.name} question={q} first={i === 0} value={answers[q.name]} onChange={(v) => setAnswers({ ...answers, [q.name]: v })} />
        ))}
        <Group justify="end">
          <Button variant="default" onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" color={act.danger ? 'red.8' : undefined} loading={busy} disabled={missing} data-autofocus={act.questions ? undefined : true}>{t(act.label)}</Button>
        </Group>
      </Stack>
    </form>
  );
}

interface AnswerProps {
  question: Question;
  first: boolean;
  value: unknown;
  onChange(value: unknown): void;
}

function Answer({ question, first, value, onChange }: AnswerProps) {
  const { t } = useI18n();
  const text = typeof value === 'string' ? value : '';
  const shared = { label: t(question.label), required: question.required, 'data-autofocus': first || undefined };
  if (question.kind === 'instant') {
    return <TextInput {...shared} type="datetime-local" dir="ltr" value={toLocal(text)} onChange={(e) => onChange(fromLocal(e.currentTarget.value))} />;
  }
  return <Textarea {...shared} autosize minRows={3} maxLength={2000} {...written('auto')} value={text} onChange={(e) => onChange(e.currentTarget.value)} />;
}
