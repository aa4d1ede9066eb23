-- The commands. Nothing starts before setup() or vim.lsp.enable().
if vim.g.loaded_peercheck then
  return
end
vim.g.loaded_peercheck = true

local command = vim.api.nvim_create_user_command
command('PeercheckToggle', function()
  require('peercheck').toggle()
end, { desc = 'Switch peercheck on or off' })
command('PeercheckExplain', function(args)
  require('peercheck').explain(args.args)
end, { nargs = '?', desc = 'Show the page of a check' })
command('PeercheckFixAll', function()
  require('peercheck').fix_all()
end, { desc = 'Apply all safe fixes of the buffer' })
command('PeercheckRestart', function()
  require('peercheck').restart()
end, { desc = 'Start peercheck anew, after an update of the program' })
