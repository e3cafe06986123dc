import type { ReactElement } from 'react';
import {
  Button,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
  ToggleButton,
  ToggleButtonGroup,
} from 'react-aria-components';

export interface Option<Id extends string> {
  readonly id: Id;
  readonly label: string;
}

interface ChoiceProps<Id extends string> {
  readonly label: string;
  readonly options: readonly Option<Id>[];
  readonly selected: Id | null;
  readonly onSelect: (id: Id) => void;
  readonly hideLabel?: boolean;
}

/** One of many, in a list that opens. */
export function Choice<Id extends string>(props: ChoiceProps<Id>): ReactElement {
  const { label, options, selected, onSelect, hideLabel = false } = props;
  return (
    <Select
      className="choice"
      value={selected}
      onChange={(key) => {
        const option = options.find((candidate) => candidate.id === key);
        if (option !== undefined) onSelect(option.id);
      }}
    >
      <Label className={hideLabel ? 'visually-hidden' : 'choice-label'}>{label}</Label>
      <Button className="choice-button">
        <SelectValue />
        <span aria-hidden="true" className="choice-arrow" />
      </Button>
      <Popover className="choice-popover">
        <ListBox className="choice-list">
          {options.map((option) => (
            <ListBoxItem key={option.id} id={option.id} className="choice-item">
              {option.label}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}

interface SegmentsProps<Id extends string> {
  readonly label: string;
  readonly options: readonly Option<Id>[];
  readonly selected: readonly Id[];
  readonly onSelect: (ids: readonly Id[]) => void;
  /** Whether several can be on at once. One at least is always on. */
  readonly several?: boolean;
}

/** Few options side by side. */
export function Segments<Id extends string>(props: SegmentsProps<Id>): ReactElement {
  const { label, options, selected, onSelect, several = false } = props;
  return (
    <ToggleButtonGroup
      aria-label={label}
      className="segments"
      selectionMode={several ? 'multiple' : 'single'}
      disallowEmptySelection
      selectedKeys={selected}
      onSelectionChange={(keys) => onSelect(options.filter((option) => keys.has(option.id)).map((option) => option.id))}
    >
      {options.map((option) => (
        <ToggleButton key={option.id} id={option.id} className="segment">
          {option.label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
