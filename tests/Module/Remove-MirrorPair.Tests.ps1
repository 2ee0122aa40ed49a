BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $plan = @{ action = 'RemovePair'; pair = 'sales'; bytesToMove = 0; pointsLost = 4; bytesDeleted = 3221225472; grainsDiscarded = 0; warnings = @() }
    $fake = New-FakeAgent @{ 'DELETE /v1/pairs/sales' = New-PairBody sales; 'POST /v1/plans' = $plan }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Remove-MirrorPair' {
    It 'keeps the data unless told' {
        Remove-MirrorPair sales -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Query | Should -BeNullOrEmpty
        Remove-MirrorPair sales -DeleteData -Confirm:$false -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Query | Should -Be '?deleteData=true'
    }

    It 'asks before it deletes' {
        (Get-Command Remove-MirrorPair).ImplementingType.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false).ConfirmImpact | Should -Be 'High'
        Get-SessionText "Remove-MirrorPair sales -DeleteData -Agent '$($fake.StateDirectory)'" | Should -Match 'NonInteractive'
        (Get-LastRequest $fake).Method | Should -Be 'POST'
    }

    It 'says points and bytes with -WhatIf' {
        Get-SessionText "Remove-MirrorPair sales -DeleteData -Agent '$($fake.StateDirectory)' -WhatIf" | Should -Match 'Points lost: 4\. Bytes deleted: 3 GB'
    }
}

Describe 'Remove-MirrorPair with real agents' -Tag RealAgent {
    It 'never touches the source' {
        $sites = Get-TestSites
        $pair = New-TestPair
        $null = $pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60
        $hash = Get-VolumeHash $pair.Name $pair.Size $sites.Site1
        $pair | Remove-MirrorPair -DeleteData -Confirm:$false
        (Get-FileHash $pair.Source).Hash | Should -Be $hash
        $pair.Target, $pair.FirstIntermediate, $pair.SecondIntermediate | Should -Not -Exist
        Get-MirrorPair "$($pair.Name)*" -Agent $sites.Site1 | Should -BeNullOrEmpty
        Get-MirrorPair "$($pair.Name)*" -Agent $sites.Site2 | Should -BeNullOrEmpty
    }
}
