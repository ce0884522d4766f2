import { createTheme, Menu, Modal, Select, Tooltip } from '@mantine/core'

/**
 * Mantine without the style elements that it would make while it runs: the page's content security policy takes styles from
 * files only. Hence `withCssVariables={false}` (the variables are in its style sheet and in styles/tokens.css), no property
 * that differs by breakpoint, and no lock of the scroll bar.
 */
export const theme = createTheme({
  primaryColor: 'teal',
  cursorType: 'pointer',
  components: {
    Modal: Modal.extend({
      defaultProps: { lockScroll: false, centered: true, closeButtonProps: { 'aria-label': 'Close' } },
    }),
    Menu: Menu.extend({ defaultProps: { shadow: 'md', position: 'bottom-end' } }),
    Select: Select.extend({ defaultProps: { size: 'xs', checkIconPosition: 'right' } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300 } }),
  },
})
