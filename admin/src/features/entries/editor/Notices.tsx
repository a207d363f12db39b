import { Alert, Anchor, Button, Group, List, Text } from '@mantine/core';
import { IconAlertCircle, IconHistory, IconMessage } from '@tabler/icons-react';
import type { FieldProblem } from '../../../api/problem';
import { useI18n } from '../../../i18n/i18n';
import type { Writing, Written } from '../writing';
import { goToProblem } from './locate';

interface Props {
  writing: Writing;
  written: Written;
  problems: FieldProblem[];
}

/** What whoever writes should know before going on. */
export function Notices({ writing, written, problems }: Props) {
  const { t } = useI18n();
  return (
    <>
      {written.restored && (
        <Alert color="blue" icon={<IconHistory />} mb="md" role="status">
          <Group justify="space-between">
            <Text size="sm">{t('restored')}</Text>
            <Button size="compact-sm" variant="light" onClick={() => writing.forget()}>{t('restored.forget')}</Button>
          </Group>
        </Alert>
      )}
      {written.saving === 'offline' && (
        <Alert color="orange" icon={<IconAlertCircle />} mb="md" role="alert">
          <Group justify="space-between">
            <Text size="sm">{t('saving.offline_help')}</Text>
            <Button size="compact-sm" variant="light" onClick={() => writing.retry()}>{t('retry')}</Button>
          </Group>
        </Alert>
      )}
      {written.problem && (problems.length > 0 || written.saving === 'refused' || written.saving === 'gone') && (
        <Alert color="red" icon={<IconAlertCircle />} mb="md" role="alert" title={written.problem.message}>
          <List size="sm">
            {problems.map((p) => (
              <List.Item key={p.pointer + p.code}>
                <Anchor component="button" type="button" size="sm" ta="start" onClick={() => goToProblem('entry', p.pointer)}>{p.detail}</Anchor>
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </>
  );
}

/** What was said with a submission or a rejection. */
export function ReviewNotice({ state, comment }: { state: 'submitted' | 'approved' | 'rejected'; comment?: string }) {
  const { t } = useI18n();
  return (
    <Alert color={state === 'rejected' ? 'orange' : 'blue'} icon={<IconMessage />} mb="md" title={t(`review.${state}`)}>
      {comment && <Text size="sm" dir="auto" style={{ whiteSpace: 'pre-wrap' }}>{comment}</Text>}
    </Alert>
  );
}
