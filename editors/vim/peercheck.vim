" For Vim 9 with yegappan/lsp (the first part) or prabirshrestha/vim-lsp (the
" second): source this file from vimrc, after the plugin.

if exists('*LspAddServer')
  call LspAddServer([#{
        \ name: 'peercheck',
        \ filetype: ['go', 'dockerfile', 'yaml', 'sh', 'python', 'javascript', 'typescript', 'terraform'],
        \ path: 'peercheck',
        \ args: ['lsp'],
        \ initializationOptions: #{existing: 'information'},
        \ }])
elseif exists('*lsp#register_server')
  call lsp#register_server({
        \ 'name': 'peercheck',
        \ 'cmd': {server_info -> ['peercheck', 'lsp']},
        \ 'allowlist': ['*'],
        \ 'initialization_options': {'existing': 'information'},
        \ })
endif
