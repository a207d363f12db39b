import { Alert, Button, Group } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { titleOf } from '../../../api/collections';
import type { EntryAnswer } from '../../../api/entries';
import { useRights } from '../../../api/session';
import type { Collection } from '../../../api/types';
import type { EntryContext } from '../../../actions/entry/types';
import { PageHead } from '../../../components/Page';
import { ProblemAlert } from '../../../components/Problem';
import { Form } from '../../../fields/Form';
import { useI18n } from '../../../i18n/i18n';
import { useState } from 'react';
import { ActDialog } from './ActDialog';
import { useActs } from './useActs';

interface Props {
  collection: Collection;
  answer: EntryAnswer;
  onDone(): void;
}

/** An entry in the trash: it can be read, brought back, or removed for ever. */
export function TrashedEntry({ collection, answer, onDone }: Props) {
  const { t } = useI18n();
  const rights = useRights();
  const [wrong, setWrong] = useState<unknown>(null);
  const { entry } = answer;
  const title = titleOf(collection, entry) || t('entry.untitled');
  const context: EntryContext = {
    collection, id: entry.id, revision: entry.revision, locale: entry.locale, locales: entry.locales, trashed: true, rights,
  };
  const { acts, start, busy, asking, stop, carryOut } = useActs({
    title, context, before: () => Promise.resolve(true), fresh: () => context, onDone, onProblem: setWrong,
  });
  return (
    <>
      <PageHead title={title}>
        {acts.map((a) => (
          <Button key={a.name} variant={a.danger ? 'outline' : 'filled'} color={a.danger ? 'red.8' : undefined} leftSection={<a.icon size={16} />} loading={busy === a.name} onClick={() => start(a)}>
            {t(a.label)}
          </Button>
        ))}
      </PageHead>
      <Alert color="red" icon={<IconTrash />} mb="md"><Group>{t('trashed.help')}</Group></Alert>
      {wrong !== null && <ProblemAlert error={wrong} />}
      <Form id="entry" fields={collection.fields} values={entry} onChange={() => undefined} locale={entry.locale} problems={[]} readOnly />
      <ActDialog act={asking} busy={busy !== null} known={{}} onClose={stop} onAnswer={(act, answers) => void carryOut(act, answers)} />
    </>
  );
}
