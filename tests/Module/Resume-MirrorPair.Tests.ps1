BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $plan = @{ action = 'ResumePair'; pair = 'sales'; bytesToMove = 1048576; timeMs = 100; pointsLost = 0; bytesDeleted = 0; grainsDiscarded = 17; warnings = @() }
    $fake = New-FakeAgent @{ 'POST /v1/pairs/sales/resume' = New-PairBody sales; 'POST /v1/plans' = $plan }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Resume-MirrorPair' {
    It 'resumes without a question' {
        (Resume-MirrorPair sales -Agent $fake.StateDirectory -PassThru).Name | Should -Be 'sales'
        (Get-LastRequest $fake).Body.PSObject.Properties.Name | Should -Not -Contain 'discardChangesOn'
    }

    It 'asks before changes are discarded' {
        (Get-Command Resume-MirrorPair).ImplementingType.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false).ConfirmImpact | Should -Be 'High'
        # A host that cannot ask refuses.
        $text = Get-SessionText "Resume-MirrorPair sales -DiscardChangesOn site1 -Agent '$($fake.StateDirectory)'; 'after'"
        $text | Should -Match 'NonInteractive'
        (Get-LastRequest $fake).Path | Should -Be '/v1/plans'
    }

    It 'discards with -Confirm:$false' {
        Resume-MirrorPair sales -DiscardChangesOn site1 -Confirm:$false -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Body.discardChangesOn | Should -Be 'site1'
    }

    It 'says how many changed grains are given up with -WhatIf' {
        Get-SessionText "Resume-MirrorPair sales -DiscardChangesOn site1 -Agent '$($fake.StateDirectory)' -WhatIf" | Should -Match "discard the changes on 'site1'.*Changed grains given up: 17"
    }

    It 'shows both histories of a split brain in the details' {
        $fake.Route['POST /v1/pairs/sales/resume'] = @{ Status = 409; Body = @{ errorId = 'SplitBrain'; message = 'Both were written.'; category = 'InvalidOperation'; recommendedAction = 'Run Resume-MirrorPair -DiscardChangesOn.'; details = @{ site1 = 'g1 g2'; site2 = 'g1 g3' } } }
        $problem = { Resume-MirrorPair sales -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -PassThru
        $problem.FullyQualifiedErrorId | Should -BeLike 'SplitBrain,*'
        $problem.Exception.Error.Details['site2'] | Should -Be 'g1 g3'
    }
}

Describe 'Resume-MirrorPair with real agents' -Tag RealAgent {
    It 'goes on after a suspension of <_>' -ForEach 'Flashcopy', 'AsyncCopy' {
        $pair = New-TestPair -With @{ Service = $_ }
        $pair | Suspend-MirrorPair
        $pair | Resume-MirrorPair
        ($pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60).State | Should -Be 'Committed'
        { $pair | Resume-MirrorPair -ErrorAction Stop } | Should -Throw -ErrorId 'PairNotSuspended,*'
    }
}
