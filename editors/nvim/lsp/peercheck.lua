-- Neovim 0.11+: `vim.lsp.enable('peercheck')` starts the server with this.
return require('peercheck').config()
