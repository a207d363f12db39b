import { Box, Center, Group, Image, Paper, Stack, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { SpeechSwitch } from '../../components/SpeechSwitch';
import { useI18n } from '../../i18n/i18n';
import { SignInForm } from './SignInForm';

export function SignInScreen() {
  const { t } = useI18n();
  const cache = useQueryClient();
  useEffect(() => {
    document.title = `${t('session.title')} – Recueil`;
  }, [t]);
  return (
    <Center component="main" mih="100vh" p="md">
      <Box w="100%" maw={400}>
        <Group justify="center" mb="lg">
          <Image src="/admin/icon.svg" alt="" w={40} h={40} />
          <Title order={1} size="h2">Recueil</Title>
        </Group>
        <Paper withBorder shadow="sm" p="xl" radius="md">
          <Stack>
            <Text c="dimmed" size="sm">{t('session.welcome')}</Text>
            <SignInForm onDone={() => cache.resetQueries()} />
          </Stack>
        </Paper>
        <Group justify="center" mt="lg">
          <SpeechSwitch />
        </Group>
      </Box>
    </Center>
  );
}
