BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $trust = @{ agentId = 'aaaaaaaa-0000-0000-0000-000000000001'; name = 'site2'; certificateFingerprint = 'ab'; connected = $false; pairCount = 0; createdAt = '2026-01-01T00:00:00Z' }
    $fake = New-FakeAgent @{ 'DELETE /v1/trusts/site2' = $trust; 'GET /v1/trusts' = @{ items = @($trust) }; 'DELETE /v1/trusts/used' = New-ErrorBody TrustInUse ResourceBusy }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Remove-MirrorTrust' {
    It 'removes what the pipeline brings' {
        (Get-MirrorTrust -Agent $fake.StateDirectory | Remove-MirrorTrust -PassThru).Name | Should -Be 'site2'
        (Get-LastRequest $fake).Method | Should -Be 'DELETE'
    }

    It 'writes nothing without -PassThru, and does nothing with -WhatIf' {
        Remove-MirrorTrust site2 -Agent $fake.StateDirectory | Should -BeNullOrEmpty
        $before = $fake.Requests.Count
        Remove-MirrorTrust site2 -Agent $fake.StateDirectory -WhatIf
        $fake.Requests.Count | Should -Be $before
    }

    It 'says TrustInUse while a pair uses it' {
        { Remove-MirrorTrust used -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'TrustInUse,*'
    }
}
