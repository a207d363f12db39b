import { RichTextEditor } from '@mantine/tiptap';
import '@mantine/tiptap/styles.css';
import { Box, Button, Group, Text, Textarea } from '@mantine/core';
import { IconAsterisk, IconCode, IconPhoto, IconTable, IconTableMinus, IconColumnInsertRight, IconRowInsertBottom } from '@tabler/icons-react';
import { useEditor, useEditorState, type Editor } from '@tiptap/react';
import { memo, useEffect, useMemo, useRef, useState, type RefObject } from 'react';
import { directionOf, useI18n } from '../../i18n/i18n';
import { AssetDialog } from '../asset/AssetDialog';
import { EntryLink } from './EntryLink';
import { editorFor, extensions } from './extensions';
import { addFootnote } from './footnotes';
import { SlashMenu, type TakeKey } from './SlashMenu';
import { written } from '../written';
import { faithful } from './faithful';

interface Props {
  id: string;
  labelledBy: string;
  value: string;
  onChange(text: string): void;
  /** Undefined: the direction follows each paragraph. */
  locale?: string;
  readOnly: boolean;
}

function survives(text: string): boolean {
  if (!text) return true;
  const editor = editorFor(text);
  const kept = faithful(text, editor.getMarkdown());
  editor.destroy();
  return kept;
}

/**
 * Markdown, as it will look. A text that the visual editor would not give back
 * as it was, with raw HTML for one, is edited as source, so that nothing of it
 * is lost.
 */
export function RichText(props: Props) {
  const { t } = useI18n();
  const visual = useMemo(() => survives(props.value), []); // eslint-disable-line react-hooks/exhaustive-deps
  const [source, setSource] = useState(!visual);
  const able = !source || survives(props.value);
  return (
    <Box>
      {source ? <Source {...props} /> : <Visual {...props} />}
      <Group justify="space-between" mt={4}>
        <Text size="xs" c="dimmed">{source && !able ? t('markdown.only_source') : ''}</Text>
        <Button
          variant="subtle"
          size="compact-xs"
          leftSection={<IconCode size={14} />}
          disabled={!able}
          onClick={() => setSource(!source)}
        >
          {t(source ? 'markdown.visual' : 'markdown.source')}
        </Button>
      </Group>
    </Box>
  );
}

function Source({ id, labelledBy, value, onChange, locale, readOnly }: Props) {
  return (
    <Textarea
      id={id}
      aria-labelledby={labelledBy}
      autosize
      minRows={6}
      maxRows={30}
      readOnly={readOnly}
      value={value}
      {...written(locale ? directionOf(locale) : 'auto', locale)}
      styles={{ input: { fontFamily: 'monospace' } }}
      onChange={(e) => onChange(e.currentTarget.value)}
    />
  );
}

function Visual({ id, labelledBy, value, onChange, locale, readOnly }: Props) {
  const written = useRef(value);
  const keys = useRef<TakeKey | null>(null);
  const change = useRef(onChange);
  change.current = onChange;
  const editor = useEditor({
    extensions,
    content: value,
    contentType: 'markdown',
    editable: !readOnly,
    injectCSS: false,
    editorProps: {
      handleKeyDown: (_, event) => keys.current?.(event.key) ?? false,
      attributes: {
        id,
        role: 'textbox',
        'aria-multiline': 'true',
        'aria-labelledby': labelledBy,
        dir: locale ? directionOf(locale) : 'auto',
        ...(locale ? { lang: locale } : {}),
      },
    },
    onUpdate: ({ editor: e }) => {
      written.current = e.isEmpty ? '' : e.getMarkdown();
      change.current(written.current);
    },
  });

  // A value that came from elsewhere: another's change, a revert, a merge.
  useEffect(() => {
    if (editor && value !== written.current) {
      written.current = value;
      editor.commands.setContent(value, { contentType: 'markdown', emitUpdate: false });
    }
  }, [editor, value]);

  return <Surface editor={editor} keys={keys} locale={locale} readOnly={readOnly} />;
}

interface SurfaceProps extends Pick<Props, 'locale' | 'readOnly'> {
  editor: Editor | null;
  keys: RefObject<TakeKey | null>;
}

// What is written goes past it: its many buttons are not drawn again at each key.
const Surface = memo(function Surface({ editor, keys, locale, readOnly }: SurfaceProps) {
  const { t } = useI18n();
  const [picking, setPicking] = useState(false);
  const [linking, setLinking] = useState(false);
  const pick = () => setPicking(true);
  return (
    <RichTextEditor editor={editor} labels={labels(t)} classNames={{ content: 'prose' }}>
      {!readOnly && <Toolbar editor={editor} linking={linking} setLinking={setLinking} onPicture={pick} />}
      <Box pos="relative">
        <RichTextEditor.Content />
        {editor && !readOnly && <SlashMenu editor={editor} keys={keys} dialogs={{ picture: pick, entry: () => setLinking(true) }} />}
      </Box>
      <AssetDialog
        opened={picking}
        onClose={() => setPicking(false)}
        accept={['image/*']}
        onChoose={(asset) => {
          setPicking(false);
          const alt = (locale ? asset.alt?.[locale] : undefined) ?? Object.values(asset.alt ?? {})[0] ?? '';
          editor?.chain().focus().insertContent({ type: 'image', attrs: { src: `asset:${asset.id}`, alt: alt.replace(/[[\]]/g, '') } }).run();
        }}
      />
    </RichTextEditor>
  );
});

function labels(t: ReturnType<typeof useI18n>['t']) {
  return {
    boldControlLabel: t('rich.bold'), italicControlLabel: t('rich.italic'), strikeControlLabel: t('rich.strike'),
    codeControlLabel: t('rich.code'), h2ControlLabel: t('rich.h2'), h3ControlLabel: t('rich.h3'), h4ControlLabel: t('rich.h4'),
    bulletListControlLabel: t('rich.bullets'), orderedListControlLabel: t('rich.numbers'), blockquoteControlLabel: t('rich.quote'),
    hrControlLabel: t('rich.rule'), linkControlLabel: t('rich.link'), unlinkControlLabel: t('rich.unlink'),
    undoControlLabel: t('rich.undo'), redoControlLabel: t('rich.redo'), linkEditorInputLabel: t('rich.address'),
    linkEditorInputPlaceholder: 'https://', linkEditorExternalLink: t('rich.external'), linkEditorInternalLink: t('rich.internal'),
    linkEditorSave: t('rich.save_link'),
  };
}

interface ToolbarProps {
  editor: Editor | null;
  linking: boolean;
  setLinking(open: boolean): void;
  onPicture(): void;
}

function Toolbar({ editor, linking, setLinking, onPicture }: ToolbarProps) {
  const { t } = useI18n();
  const inTable = useEditorState({ editor, selector: ({ editor: e }) => e?.isActive('table') ?? false });
  return (
    <RichTextEditor.Toolbar sticky stickyOffset="var(--app-shell-header-height, 0px)" role="toolbar" aria-label={t('rich.toolbar')}>
      <RichTextEditor.ControlsGroup>
        <RichTextEditor.Bold />
        <RichTextEditor.Italic />
        <RichTextEditor.Strikethrough />
      </RichTextEditor.ControlsGroup>
      <RichTextEditor.ControlsGroup>
        <RichTextEditor.H2 />
        <RichTextEditor.H3 />
        <RichTextEditor.BulletList />
        <RichTextEditor.OrderedList />
        <RichTextEditor.Blockquote />
        <RichTextEditor.Hr />
      </RichTextEditor.ControlsGroup>
      <RichTextEditor.ControlsGroup>
        <RichTextEditor.Link />
        <RichTextEditor.Unlink />
        {editor && <EntryLink editor={editor} open={linking} setOpen={setLinking} />}
      </RichTextEditor.ControlsGroup>
      <RichTextEditor.ControlsGroup>
        <RichTextEditor.Control aria-label={t('rich.picture')} title={t('rich.picture')} onClick={onPicture}><IconPhoto size={16} /></RichTextEditor.Control>
        <RichTextEditor.Control aria-label={t('rich.footnote')} title={t('rich.footnote')} onClick={() => editor && addFootnote(editor)}><IconAsterisk size={16} /></RichTextEditor.Control>
        <RichTextEditor.Control aria-label={t('rich.table')} title={t('rich.table')} onClick={() => editor?.chain().focus().insertTable({ rows: 3, cols: 2, withHeaderRow: true }).run()}>
          <IconTable size={16} />
        </RichTextEditor.Control>
        {inTable && (
          <>
            <RichTextEditor.Control aria-label={t('rich.row')} title={t('rich.row')} onClick={() => editor?.chain().focus().addRowAfter().run()}>
              <IconRowInsertBottom size={16} />
            </RichTextEditor.Control>
            <RichTextEditor.Control aria-label={t('rich.column')} title={t('rich.column')} onClick={() => editor?.chain().focus().addColumnAfter().run()}>
              <IconColumnInsertRight size={16} />
            </RichTextEditor.Control>
            <RichTextEditor.Control aria-label={t('rich.no_table')} title={t('rich.no_table')} onClick={() => editor?.chain().focus().deleteTable().run()}>
              <IconTableMinus size={16} />
            </RichTextEditor.Control>
          </>
        )}
      </RichTextEditor.ControlsGroup>
      <RichTextEditor.ControlsGroup>
        <RichTextEditor.Undo />
        <RichTextEditor.Redo />
      </RichTextEditor.ControlsGroup>
    </RichTextEditor.Toolbar>
  );
}
