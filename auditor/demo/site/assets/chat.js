/* A stand-in for a vendor's chat, loaded where a fault asks for it: it wants its settings, which the page does not have. */
window.loomChat = { open: window.loomChatSettings.open };
