BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{
        'GET /v1/groups'         = @{ items = @((New-GroupBody shop), (New-GroupBody web @('www'))) }
        'DELETE /v1/groups/shop' = New-GroupBody shop
        'DELETE /v1/groups/web'  = New-GroupBody web @('www')
        'DELETE /v1/pairs/db'    = New-PairBody db
        'DELETE /v1/pairs/log'   = New-PairBody log
        'GET /v1/pairs/db'       = New-PairBody db @{ group = 'shop' }
        'GET /v1/pairs/shop'     = New-PairBody shop
    }
    function Get-Deleted { @($fake.Requests.ToArray() | Where-Object Method -EQ DELETE).Path }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Remove-MirrorGroup' {
    BeforeEach { while ($fake.Requests.TryDequeue([ref] $null)) { } }

    It 'dissolves the group and writes it as it was with -PassThru only' {
        Remove-MirrorGroup shop -Agent $fake.StateDirectory | Should -BeNullOrEmpty
        (Remove-MirrorGroup shop -PassThru -Agent $fake.StateDirectory).Pairs | Should -Be 'db', 'log'
        Get-Deleted | Should -Be '/v1/groups/shop', '/v1/groups/shop'
    }

    It 'takes groups from the pipeline' {
        Get-MirrorGroup -Agent $fake.StateDirectory | Remove-MirrorGroup
        Get-Deleted | Should -Be '/v1/groups/shop', '/v1/groups/web'
    }

    It 'takes a pair for its group, and never for a group of the same name' {
        Get-MirrorPair db -Agent $fake.StateDirectory | Remove-MirrorGroup
        Get-Deleted | Should -Be '/v1/groups/shop'
        Get-MirrorPair shop -Agent $fake.StateDirectory | Remove-MirrorGroup -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].Exception.Message | Should -Match "'shop' is in no consistency group"
        Get-Deleted | Should -Be '/v1/groups/shop'
    }

    It 'gives the names of its pairs to Remove-MirrorPair' {
        (Remove-MirrorGroup shop -PassThru -Agent $fake.StateDirectory).Pairs | Remove-MirrorPair -Agent $fake.StateDirectory
        Get-Deleted | Should -Be '/v1/groups/shop', '/v1/pairs/db', '/v1/pairs/log'
    }

    It 'dissolves nothing with -WhatIf' {
        Get-SessionText "Remove-MirrorGroup shop -Agent '$($fake.StateDirectory)' -WhatIf" | Should -Match 'What if: Dissolve the group and keep its pairs: shop'
        $fake.Requests.Count | Should -Be 0
    }
}
