;;; session.el --- drives a real Emacs with the real server  -*- lexical-binding: t -*-

;; Prints PASS, or what failed.  The environment: PEERCHECK (the program), FOLDER
;; (a workspace with bad.go in it), PLUGIN (this folder).

(add-to-list 'load-path (getenv "PLUGIN"))
(require 'package)
;; Where Debian keeps packages; --quick leaves it out.
(add-to-list 'package-directory-list "/usr/share/emacs/site-lisp/elpa")
(package-initialize)
(require 'cl-lib)
(unless (require 'eglot nil t)
  (princ "MISSING Eglot\n")
  (kill-emacs 0))
(require 'peercheck)
(require 'flymake)
(setq peercheck-command (list (getenv "PEERCHECK") "lsp")
      peercheck-existing "same"
      make-backup-files nil
      eglot-confirm-server-initiated-edits nil
      eglot-autoshutdown t)
(define-derived-mode bad-go-mode prog-mode "Go")
(put 'bad-go-mode 'eglot-language-id "go")
(add-to-list 'auto-mode-alist '("\\.go\\'" . bad-go-mode))
(peercheck-eglot-setup '(bad-go-mode))
(setq-default eglot-send-changes-idle-time 0.05)

(defun texts ()
  (mapconcat #'flymake-diagnostic-text (flymake-diagnostics) "\n"))

(defun expect (what condition)
  (let ((deadline (+ (float-time) 30)) met)
    (while (and (not (setq met (funcall condition))) (< (float-time) deadline))
      (accept-process-output nil 0.05)
      (when (bound-and-true-p flymake-mode) (flymake-start)))
    (princ (format "%s %s\n" (if met "ok  " "FAIL") what))
    (unless met
      (princ (format "diagnostics: %s\n" (texts)))
      (kill-emacs 1))))

(condition-case problem
    (progn
      (find-file (expand-file-name "bad.go" (getenv "FOLDER")))
      (cl-letf (((symbol-function 'project-current) (lambda (&rest _) (cons 'transient (getenv "FOLDER")))))
        (apply #'eglot (eglot--guess-contact)))
      (expect "a finding shows" (lambda () (string-match-p "TLS certificate is not verified" (texts))))
      (goto-char (flymake-diagnostic-beg (car (flymake-diagnostics))))
      (expect "it is at its place" (lambda () (looking-at-p "InsecureSkipVerify: true")))
      (let* ((actions (append (eglot-code-actions (point) (point) "quickfix" nil) nil))
             (fix (car actions)))
        (expect "a fix is offered" (lambda () (plist-get fix :edit)))
        (eglot--apply-workspace-edit (plist-get fix :edit)))
      (expect "the fix removed the field" (lambda () (not (string-match-p "InsecureSkipVerify" (buffer-string)))))
      (expect "the fix clears the finding" (lambda () (string= (texts) "")))
      (set-buffer-modified-p nil)
      (eglot-shutdown (eglot-current-server))
      (princ "PASS\n")
      (kill-emacs 0))
  (error (princ (format "FAIL %S\n" problem)) (kill-emacs 1)))
