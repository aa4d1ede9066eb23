;;; session-lsp-mode.el --- drives lsp-mode in a real Emacs with the real server  -*- lexical-binding: t -*-

;; Prints PASS, or what failed.  The environment: PEERCHECK (the program), FOLDER
;; (a workspace with bad.go in it), PLUGIN (this folder).

(add-to-list 'load-path (getenv "PLUGIN"))
(require 'package)
;; Where Debian keeps packages; --quick leaves it out.
(add-to-list 'package-directory-list "/usr/share/emacs/site-lisp/elpa")
(package-initialize)
(require 'cl-lib)
(unless (require 'lsp-mode nil t)
  (princ "MISSING lsp-mode\n")
  (kill-emacs 0))
(require 'peercheck)
(setq peercheck-command (list (getenv "PEERCHECK") "lsp")
      peercheck-existing "same"
      make-backup-files nil
      user-emacs-directory (file-name-as-directory (getenv "XDG_STATE_HOME"))
      lsp-session-file (expand-file-name "session" (getenv "XDG_STATE_HOME"))
      lsp-client-packages nil
      lsp-diagnostics-provider :none ; Emacs' own show what is there only in a window
      lsp-enable-snippet nil
      lsp-idle-delay 0.05
      lsp-debounce-full-sync-notifications-interval 0.05
      lsp-auto-guess-root nil)
(define-derived-mode bad-go-mode prog-mode "Go")
(add-to-list 'auto-mode-alist '("\\.go\\'" . bad-go-mode))
(add-to-list 'lsp-language-id-configuration '(bad-go-mode . "go"))
(peercheck-lsp-mode-setup)

(defun findings () (gethash (file-truename buffer-file-name) (lsp-diagnostics)))
(defun texts () (mapconcat (lambda (d) (lsp-get d :message)) (findings) "\n"))

(defun expect (what condition)
  (let ((deadline (+ (float-time) 30)) met)
    (while (and (not (setq met (funcall condition))) (< (float-time) deadline))
      (accept-process-output nil 0.05))
    (princ (format "%s %s\n" (if met "ok  " "FAIL") what))
    (unless met
      (princ (format "diagnostics: %s\n" (texts)))
      (kill-emacs 1))))

(condition-case problem
    (progn
      (lsp-workspace-folders-add (getenv "FOLDER"))
      (find-file (expand-file-name "bad.go" (getenv "FOLDER")))
      (lsp)
      (expect "a finding shows" (lambda () (string-match-p "TLS certificate is not verified" (texts))))
      (let ((start (lsp-get (lsp-get (car (findings)) :range) :start)))
        (goto-char (point-min))
        (forward-line (lsp-get start :line))
        (forward-char (lsp-get start :character)))
      (expect "it is at its place" (lambda () (looking-at-p "InsecureSkipVerify: true")))
      (expect "hover explains it"
              (lambda () (string-match-p "CWE-295" (format "%S" (lsp-request "textDocument/hover" (lsp--text-document-position-params))))))
      (let ((fix (seq-find (lambda (a) (string-prefix-p "Verify" (lsp-get a :title)))
                           (lsp-request "textDocument/codeAction" (lsp--text-document-code-action-params "quickfix")))))
        (expect "a fix is offered" (lambda () fix))
        (lsp-execute-code-action fix))
      (expect "the fix removed the field" (lambda () (not (string-match-p "InsecureSkipVerify" (buffer-string)))))
      (expect "the fix clears the finding" (lambda () (string= (texts) "")))
      (set-buffer-modified-p nil)
      (lsp-workspace-shutdown (car (lsp-workspaces)))
      (expect "the server ends" (lambda () (not (seq-some #'process-live-p (process-list)))))
      ;; Else lsp-mode says good-bye once more, to a closed pipe, which kills a
      ;; batch Emacs.
      (remove-hook 'kill-emacs-hook #'lsp--global-teardown)
      (princ "PASS\n")
      (kill-emacs 0))
  (error (princ (format "FAIL %S\n" problem)) (kill-emacs 1)))
