import { Alert, Button, Group, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { configurePlugin, type Plugin } from '../../api/plugins';
import { asProblem, below, type FieldProblem } from '../../api/problem';
import { useNotify } from '../../components/useNotify';
import { useI18n } from '../../i18n/i18n';
import { SchemaForm } from '../../places/SchemaForm';

/** The settings of a plugin. What is secret can be set and forgotten, and never read. */
export function Settings({ plugin }: { plugin: Plugin }) {
  const { t, pick } = useI18n();
  const cache = useQueryClient();
  const notify = useNotify();
  const [values, setValues] = useState<Record<string, unknown>>(plugin.settings ?? {});
  const [secrets, setSecrets] = useState<Record<string, string | null>>({});
  const [problems, setProblems] = useState<FieldProblem[]>([]);
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    setWrong('');
    setProblems([]);
    try {
      await configurePlugin(plugin.name, plugin.revision, values, secrets);
      notify(t('plugin.configured'));
      await cache.invalidateQueries({ queryKey: ['plugins'] });
    } catch (error) {
      const problem = asProblem(error);
      setProblems(problem.errors.map((p) => ({ ...p, pointer: p.pointer.replace(/^\/settings/, '') })));
      setWrong(problem.message || t('offline'));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Paper withBorder p="md" component="section" aria-label={t('plugin.settings')}>
      <Title order={2} size="h4" mb="sm">{t('plugin.settings')}</Title>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void save();
        }}
      >
        <Stack maw={560}>
          {wrong && <Alert color="red" role="alert">{wrong}</Alert>}
          {plugin.settings_schema && <SchemaForm id="setting" schema={plugin.settings_schema} values={values} onChange={setValues} problems={problems} />}
          {plugin.secrets.map((s) => (
            <Group key={s.name} align="end" gap="xs">
              <PasswordInput
                label={pick(s.label, s.name)}
                description={secrets[s.name] === null ? t('plugin.secret_forgotten') : t(s.set ? 'plugin.secret_set' : 'plugin.secret_missing')}
                withAsterisk={s.required && !s.set}
                autoComplete="off"
                dir="ltr"
                style={{ flex: 1 }}
                error={below(problems, 'secrets').find((p) => p.pointer === `/${s.name}`)?.detail}
                value={secrets[s.name] ?? ''}
                visibilityToggleButtonProps={{ 'aria-label': t('session.show_password') }}
                onChange={(e) => setSecrets({ ...secrets, [s.name]: e.currentTarget.value })}
              />
              {s.set && <Button variant="subtle" color="red" onClick={() => setSecrets({ ...secrets, [s.name]: null })}>{t('plugin.secret_forget')}</Button>}
            </Group>
          ))}
          {!plugin.settings_schema && plugin.secrets.length === 0 && <Text size="sm">{t('empty')}</Text>}
          <Group><Button type="submit" loading={busy}>{t('save')}</Button></Group>
        </Stack>
      </form>
    </Paper>
  );
}
